//! The table of words, one line for each, in the order of the languages: en, az, ru, fr, ar, uk. A line that lacks
//! one does not compile.

table! {
    Words;

    // The frame.
    headquarters: "Headquarters", "Qərargah", "Штаб", "Quartier général", "المقر", "Штаб";
    skip: "Skip to the content", "Məzmuna keç", "Перейти к содержанию", "Aller au contenu", "انتقل إلى المحتوى", "Перейти до змісту";
    pages: "Pages", "Səhifələr", "Страницы", "Pages", "الصفحات", "Сторінки";
    language: "Language", "Dil", "Язык", "Langue", "اللغة", "Мова";
    overview: "Overview", "İcmal", "Обзор", "Aperçu", "نظرة عامة", "Огляд";
    records: "Records", "Qeydlər", "Записи", "Fiches", "السجلات", "Записи";
    map: "Map", "Xəritə", "Карта", "Carte", "الخريطة", "Карта";
    sync: "Sync with the relay", "Relay ilə sinxronlaşma", "Синхронизация с ретранслятором", "Synchronisation avec le relais", "المزامنة مع المرحِّل", "Синхронізація з ретранслятором";
    sync_ok: "Synced", "Sinxronlaşıb", "Синхронизировано", "Synchronisé", "تمت المزامنة", "Синхронізовано";
    sync_new: "Not synced yet", "Hələ sinxronlaşmayıb", "Ещё не синхронизировано", "Pas encore synchronisé", "لم تتم المزامنة بعد", "Ще не синхронізовано";
    sync_failed: "Sync failed", "Sinxronlaşma alınmadı", "Сбой синхронизации", "Échec de la synchronisation", "فشلت المزامنة", "Збій синхронізації";
    last_synced: "last synced", "son sinxronlaşma", "последняя синхронизация", "dernière synchronisation", "آخر مزامنة", "остання синхронізація";
    foot: "Times are what the devices’ clocks claimed, in UTC.", "Vaxtlar cihazların saatlarının bildirdiyi kimidir (UTC).", "Время указано по часам устройств, в UTC.", "Les heures sont celles qu’indiquaient les appareils, en UTC.", "الأوقات كما أفادت بها ساعات الأجهزة، بتوقيت UTC.", "Час указано за годинниками пристроїв, в UTC.";

    // The first page.
    contested: "Contested", "Mübahisəli", "Спорные", "Contestées", "متنازع عليها", "Спірні";
    incomplete: "Incomplete", "Natamam", "Неполные", "Incomplètes", "غير مكتملة", "Неповні";
    inbox_waiting: "Frames waiting here", "Burada gözləyən paketlər", "Пакеты ждут здесь", "Trames en attente ici", "حزم تنتظر هنا", "Пакети чекають тут";
    inbox_parked: "Set aside", "Kənara qoyulub", "Отложены", "Mises de côté", "مُنحّاة جانباً", "Відкладені";
    not_sent: "Not sent yet", "Hələ göndərilməyib", "Ещё не отправлено", "Pas encore envoyé", "لم تُرسل بعد", "Ще не надіслано";
    refused: "Refused by the relay", "Relay qəbul etməyib", "Отклонено ретранслятором", "Refusé par le relais", "رفضها المرحِّل", "Відхилено ретранслятором";
    decide_first: "To decide first", "Əvvəlcə həll edilməli", "Решить в первую очередь", "À trancher en premier", "ما يُبتّ فيه أولاً", "Вирішити насамперед";
    decide_note: "Where teams contradict each other about a danger, the most dangerous value is shown until a person decides.", "Qruplar təhlükə barədə fərqli məlumat verəndə, insan qərar verənədək ən təhlükəlisi göstərilir.", "Если группы противоречат друг другу об опасности, до решения человека показано самое опасное значение.", "Quand des équipes se contredisent sur un danger, la valeur la plus dangereuse est montrée jusqu’à décision.", "حين تتناقض الفرق بشأن خطر ما، تُعرض القيمة الأشد خطراً إلى أن يبتّ فيها شخص.", "Коли групи суперечать одна одній щодо небезпеки, до рішення людини показано найнебезпечніше значення.";
    decide_none: "Nothing waits for a decision.", "Qərar gözləyən heç nə yoxdur.", "Ничто не ждёт решения.", "Rien n’attend de décision.", "لا شيء ينتظر قراراً.", "Ніщо не чекає рішення.";
    show_all: "Show all", "Hamısını göstər", "Показать все", "Tout afficher", "عرض الكل", "Показати всі";
    counts: "Counts", "Saylar", "Количество", "Effectifs", "الأعداد", "Кількість";
    by_kind: "By kind", "Növ üzrə", "По видам", "Par type", "حسب النوع", "За видами";
    by_area: "By area", "Rayon üzrə", "По районам", "Par zone", "حسب المنطقة", "За районами";
    by_state: "By state", "Vəziyyət üzrə", "По состоянию", "Par état", "حسب الحالة", "За станом";
    number_of: "Number", "Say", "Число", "Nombre", "العدد", "Число";
    devices: "What has arrived from each device", "Hər cihazdan nə gəlib", "Что пришло с каждого устройства", "Ce qui est arrivé de chaque appareil", "ما وصل من كل جهاز", "Що надійшло з кожного пристрою";
    no_devices: "No device has written anything yet.", "Hələ heç bir cihaz nəsə yazmayıb.", "Ни одно устройство ещё ничего не записало.", "Aucun appareil n’a encore rien écrit.", "لم يكتب أي جهاز شيئاً بعد.", "Жоден пристрій ще нічого не записав.";
    officer: "Officer", "Əməkdaş", "Сотрудник", "Agent", "الموظف", "Співробітник";
    supervisor: "Supervisor", "Nəzarətçi", "Руководитель", "Superviseur", "المشرف", "Керівник";
    device: "Device", "Cihaz", "Устройство", "Appareil", "الجهاز", "Пристрій";
    merged: "Merged", "Birləşdirilib", "Объединено", "Fusionnées", "مدمجة", "Об’єднано";
    waiting: "Waiting", "Gözləyir", "Ждут", "En attente", "تنتظر", "Чекають";
    parked: "Set aside", "Kənarda", "Отложены", "De côté", "منحّاة", "Відкладені";
    backed_up: "In a backup", "Ehtiyat nüsxədə", "В резервной копии", "Sauvegardées", "في نسخة احتياطية", "У резервній копії";
    missing: "Missing", "Çatışmır", "Не хватает", "Manquantes", "مفقودة", "Бракує";
    last_before: "the last before them:", "onlardan əvvəlki:", "последний до них:", "la dernière avant :", "آخر ما قبلها:", "останній перед ними:";
    no_gap: "nothing missing", "çatışmayan yoxdur", "пропусков нет", "rien ne manque", "لا ينقص شيء", "пропусків немає";
    last_claimed: "Last heard of (claimed)", "Son məlumat (cihazın vaxtı)", "Последние сведения (по часам устройства)", "Dernières nouvelles (heure déclarée)", "آخر ما ورد (حسب ساعته)", "Останні відомості (за годинником пристрою)";
    never: "never", "heç vaxt", "никогда", "jamais", "أبداً", "ніколи";
    this_device: "this machine", "bu kompüter", "этот компьютер", "cette machine", "هذا الجهاز", "цей комп’ютер";
    parked_frames: "Frames that wait or are set aside", "Gözləyən və ya kənara qoyulan paketlər", "Пакеты, которые ждут или отложены", "Trames en attente ou mises de côté", "حزم تنتظر أو نُحّيت جانباً", "Пакети, що чекають або відкладені";
    log: "Log", "Jurnal", "Журнал", "Journal", "السجل", "Журнал";
    reason: "Reason", "Səbəb", "Причина", "Motif", "السبب", "Причина";
    empty: "No record has arrived yet.", "Hələ heç bir qeyd gəlməyib.", "Ещё не пришло ни одной записи.", "Aucune fiche n’est encore arrivée.", "لم يصل أي سجل بعد.", "Ще не надійшло жодного запису.";
    empty_remedy: "Records appear here when an admitted phone has synced. See below which devices belong to this workspace.", "Qəbul edilmiş telefon sinxronlaşanda qeydlər burada görünür. Hansı cihazların bura aid olduğu aşağıdadır.", "Записи появятся здесь, когда допущенный телефон синхронизируется. Ниже видно, какие устройства входят в рабочее пространство.", "Les fiches apparaissent ici dès qu’un téléphone admis a synchronisé. Les appareils de cet espace sont listés plus bas.", "تظهر السجلات هنا بعد مزامنة هاتف مقبول. انظر أدناه الأجهزة التابعة لمساحة العمل.", "Записи з’являться тут, коли допущений телефон синхронізується. Нижче видно, які пристрої належать до робочого простору.";

    // Filters.
    filters: "Filters", "Süzgəclər", "Фильтры", "Filtres", "عوامل التصفية", "Фільтри";
    search: "Search", "Axtarış", "Поиск", "Recherche", "بحث", "Пошук";
    search_hint: "A name, a place or a number; in any script", "Ad, yer və ya nömrə; istənilən əlifba ilə", "Имя, место или номер; любой алфавит", "Un nom, un lieu ou un numéro, en toute écriture", "اسم أو مكان أو رقم، بأي كتابة", "Ім’я, місце або номер; будь-яка абетка";
    kind: "Kind", "Növ", "Вид", "Type", "النوع", "Вид";
    scope: "Team", "Qrup", "Группа", "Équipe", "الفريق", "Група";
    area: "Area", "Rayon", "Район", "Zone", "المنطقة", "Район";
    state: "State", "Vəziyyət", "Состояние", "État", "الحالة", "Стан";
    status: "Status", "Status", "Статус", "Statut", "الوضع", "Статус";
    any: "any", "hamısı", "любой", "indifférent", "أيّ", "будь-який";
    from: "From", "Tarixdən", "С", "Du", "من", "Від";
    to: "To", "Tarixədək", "По", "Au", "إلى", "До";
    only_contested: "Contested only", "Yalnız mübahisəlilər", "Только спорные", "Contestées seulement", "المتنازع عليها فقط", "Лише спірні";
    only_incomplete: "Incomplete only", "Yalnız natamamlar", "Только неполные", "Incomplètes seulement", "غير المكتملة فقط", "Лише неповні";
    with_deleted: "Deleted too", "Silinənlər də", "И удалённые", "Supprimées aussi", "والمحذوفة أيضاً", "І видалені";
    sort: "Order", "Sıra", "Порядок", "Ordre", "الترتيب", "Порядок";
    contested_first: "Contested first", "Əvvəlcə mübahisəlilər", "Сначала спорные", "Contestées d’abord", "المتنازع عليها أولاً", "Спочатку спірні";
    newest_first: "Last changed first", "Son dəyişənlər əvvəl", "Сначала недавние", "Dernières modifiées d’abord", "الأحدث تغييراً أولاً", "Спочатку нещодавні";
    by_title: "By name", "Ad üzrə", "По имени", "Par nom", "حسب الاسم", "За ім’ям";
    per_page: "Rows", "Sətirlər", "Строк", "Lignes", "الصفوف", "Рядків";
    apply: "Show", "Göstər", "Показать", "Afficher", "اعرض", "Показати";
    clear: "Clear all", "Hamısını sil", "Сбросить", "Tout effacer", "امسح الكل", "Скинути";
    within: "Only around one place", "Yalnız bir yerin ətrafı", "Только вокруг одного места", "Autour d’un seul lieu", "حول مكان واحد فقط", "Лише навколо одного місця";
    left_out: "Left out of the question:", "Sorğuya daxil edilmədi:", "Не учтено в запросе:", "Laissé de côté :", "استُبعد من الطلب:", "Не враховано в запиті:";
    no_filter: "there is no filter of this name", "belə süzgəc yoxdur", "такого фильтра нет", "aucun filtre de ce nom", "لا يوجد عامل تصفية بهذا الاسم", "такого фільтра немає";
    no_such_value: "nothing is called so; choose from the list", "belə qiymət yoxdur; siyahıdan seçin", "такого значения нет; выберите из списка", "rien ne s’appelle ainsi ; choisissez dans la liste", "لا شيء بهذا الاسم؛ اختر من القائمة", "такого значення немає; виберіть зі списку";
    no_date: "not a date: write 2026, 2026-05 or 2026-05-03", "tarix deyil: 2026, 2026-05 və ya 2026-05-03 yazın", "не дата: напишите 2026, 2026-05 или 2026-05-03", "pas une date : écrivez 2026, 2026-05 ou 2026-05-03", "ليس تاريخاً: اكتب 2026 أو 2026-05 أو 2026-05-03", "не дата: напишіть 2026, 2026-05 або 2026-05-03";
    reversed: "it is before the first day", "ilk gündən əvvəldir", "раньше первого дня", "c’est avant le premier jour", "إنه قبل اليوم الأول", "раніше за перший день";
    no_number: "not a number that fits here", "bura uyğun rəqəm deyil", "здесь нужно другое число", "pas un nombre valable ici", "ليس عدداً مناسباً هنا", "тут потрібне інше число";
    no_place: "not a place that can be read", "oxuna bilən yer deyil", "место не читается", "lieu illisible", "مكان غير مقروء", "місце не читається";

    // The list.
    number: "Number", "Nömrə", "Номер", "Numéro", "الرقم", "Номер";
    name: "Name", "Ad", "Имя", "Nom", "الاسم", "Ім’я";
    date: "Date", "Tarix", "Дата", "Date", "التاريخ", "Дата";
    changed: "Changed", "Dəyişdirilib", "Изменено", "Modifiée", "عُدّل", "Змінено";
    created: "Created", "Yaradılıb", "Создано", "Créée", "أُنشئ", "Створено";
    claimed: "as its clock claimed", "cihazın saatına görə", "по часам устройства", "selon son horloge", "حسب ساعته", "за годинником пристрою";
    of: "of", "/", "из", "sur", "من", "з";
    previous: "Previous", "Əvvəlki", "Назад", "Précédent", "السابق", "Назад";
    next: "Next", "Növbəti", "Вперёд", "Suivant", "التالي", "Далі";
    first_page: "First page", "Birinci səhifə", "Первая страница", "Première page", "الصفحة الأولى", "Перша сторінка";
    on_map: "On the map", "Xəritədə", "На карте", "Sur la carte", "على الخريطة", "На карті";
    as_list: "As a list", "Siyahı şəklində", "Списком", "En liste", "كقائمة", "Списком";
    no_title: "no name", "adsız", "без имени", "sans nom", "بلا اسم", "без імені";
    deleted: "deleted", "silinib", "удалено", "supprimée", "محذوف", "видалено";
    is_incomplete: "incomplete", "natamam", "неполная", "incomplète", "غير مكتمل", "неповний";
    is_contested: "contested", "mübahisəli", "спорно", "contesté", "متنازع عليه", "спірно";
    withheld: "withheld until decided", "qərara qədər göstərilmir", "скрыто до решения", "retenu jusqu’à décision", "محجوب حتى البتّ", "приховано до рішення";
    nothing: "No record matches.", "Uyğun qeyd yoxdur.", "Подходящих записей нет.", "Aucune fiche ne correspond.", "لا سجل مطابق.", "Відповідних записів немає.";
    nothing_remedy: "Try fewer words or filters; the beginning of a word is enough.", "Daha az söz və ya süzgəc yoxlayın; sözün əvvəli kifayətdir.", "Уберите часть слов или фильтров; достаточно начала слова.", "Essayez moins de mots ou de filtres ; le début d’un mot suffit.", "جرّب كلمات أو عوامل تصفية أقل؛ تكفي بداية الكلمة.", "Приберіть частину слів або фільтрів; досить початку слова.";
    beyond: "This page is beyond the last one.", "Bu səhifə sonuncudan sonradır.", "Такой страницы нет: она после последней.", "Cette page est après la dernière.", "هذه الصفحة بعد الأخيرة.", "Такої сторінки немає: вона після останньої.";

    // A record.
    waits: "Waits for a decision", "Qərar gözləyir", "Ждёт решения", "En attente de décision", "ينتظر قراراً", "Чекає рішення";
    waits_note: "Several values stand. A supervisor decides with the kahriz command; until then nothing is lost.", "Bir neçə qiymət qüvvədədir. Nəzarətçi kahriz əmri ilə qərar verir; o vaxtadək heç nə itmir.", "Действуют несколько значений. Руководитель решает командой kahriz; до этого ничто не теряется.", "Plusieurs valeurs coexistent. Un superviseur tranche avec la commande kahriz ; d’ici là rien n’est perdu.", "توجد عدة قيم قائمة. يبتّ المشرف بأمر kahriz؛ وحتى ذلك الحين لا يضيع شيء.", "Чинні кілька значень. Керівник вирішує командою kahriz; доти нічого не втрачається.";
    shown_now: "shown meanwhile", "hələlik göstərilir", "показано пока", "montrée en attendant", "المعروضة حالياً", "показано поки";
    cleared: "cleared", "silinib", "очищено", "effacé", "مُسحت", "очищено";
    policy_both: "Each value stands. Meanwhile every device shows the same one of them, which says nothing about which is right.", "Hər qiymət qüvvədədir. Hələlik bütün cihazlar eyni qiyməti göstərir; bu onun doğru olduğunu bildirmir.", "Действует каждое значение. Пока все устройства показывают одно и то же, но это не говорит о его верности.", "Chaque valeur tient. En attendant, tous les appareils montrent la même, ce qui ne dit pas laquelle est juste.", "كل قيمة قائمة. تعرض جميع الأجهزة القيمة نفسها مؤقتاً، ولا يعني ذلك أنها الصحيحة.", "Чинне кожне значення. Поки всі пристрої показують те саме, але це не свідчить про його правильність.";
    policy_cautious: "The most dangerous value is shown, whoever wrote it last.", "Sonuncu kimin yazmasından asılı olmayaraq ən təhlükəli qiymət göstərilir.", "Показано самое опасное значение, кто бы ни писал последним.", "La valeur la plus dangereuse est montrée, quel que soit le dernier auteur.", "تُعرض القيمة الأشد خطراً أياً كان آخر من كتب.", "Показано найнебезпечніше значення, хто б не писав останнім.";
    policy_withhold: "No value is shown as fact until a person decides.", "İnsan qərar verənədək heç bir qiymət fakt kimi göstərilmir.", "До решения человека ни одно значение не показано как факт.", "Aucune valeur n’est donnée pour un fait avant décision.", "لا تُعرض أي قيمة كحقيقة حتى يبتّ فيها شخص.", "До рішення людини жодне значення не показано як факт.";
    policy_union: "What anybody has put in is in.", "Kimin daxil etdiyindən asılı olmayaraq hamısı sayılır.", "Учтено всё, что кто-либо добавил.", "Ce que quelqu’un a ajouté compte.", "كل ما أضافه أي شخص محسوب.", "Враховано все, що хтось додав.";
    policy_latest: "The value whose writer claims the latest time is shown.", "Ən son vaxtı bildirən müəllifin qiyməti göstərilir.", "Показано значение с самым поздним заявленным временем.", "La valeur à l’heure déclarée la plus récente est montrée.", "تُعرض القيمة ذات أحدث وقت مُعلن.", "Показано значення з найпізнішим заявленим часом.";
    on_this_machine: "Some changes are on this machine only: not sent yet", "Bəzi dəyişikliklər yalnız bu kompüterdədir: göndərilməyib", "Часть изменений только на этом компьютере: не отправлены", "Des modifications ne sont que sur cette machine : pas encore envoyées", "بعض التغييرات على هذا الجهاز فقط: لم تُرسل بعد", "Частина змін лише на цьому комп’ютері: не надіслані";
    merged_here: "Merged at headquarters", "Qərargahda birləşdirilib", "Объединено в штабе", "Fusionnée au quartier général", "مدمج في المقر", "Об’єднано в штабі";
    merged_and_backed_up: "Merged at headquarters, and in a verified backup", "Qərargahda birləşdirilib və yoxlanmış ehtiyat nüsxədədir", "Объединено в штабе и есть в проверенной резервной копии", "Fusionnée au quartier général, et dans une sauvegarde vérifiée", "مدمج في المقر وموجود في نسخة احتياطية مُتحقَّق منها", "Об’єднано в штабі й є в перевіреній резервній копії";
    delivery: "Delivery", "Çatdırılma", "Доставка", "Acheminement", "التسليم", "Доставка";
    history: "History", "Tarixçə", "История", "Historique", "السجل الزمني", "Історія";
    history_note: "Every value that was ever written here, the oldest first.", "Burada yazılmış bütün qiymətlər, əvvəlcə ən köhnəsi.", "Все значения, которые здесь были, сначала старые.", "Toutes les valeurs jamais écrites ici, la plus ancienne d’abord.", "كل قيمة كُتبت هنا، الأقدم أولاً.", "Усі значення, що тут були, спочатку давні.";
    value: "Value", "Qiymət", "Значение", "Valeur", "القيمة", "Значення";
    by: "By", "Kim", "Кто", "Par", "بواسطة", "Хто";
    when: "When (claimed)", "Nə vaxt (cihaza görə)", "Когда (по часам)", "Quand (déclaré)", "متى (حسب الساعة)", "Коли (за годинником)";
    stands: "stands", "qüvvədədir", "действует", "en vigueur", "قائمة", "чинне";
    newer: "From a newer form", "Daha yeni formadan", "Из более новой формы", "D’un formulaire plus récent", "من نموذج أحدث", "З новішої форми";
    newer_note: "This version does not know these fields. They are kept untouched.", "Bu versiya bu sahələri tanımır. Onlar toxunulmadan saxlanılır.", "Эта версия не знает этих полей. Они хранятся без изменений.", "Cette version ne connaît pas ces champs. Ils sont gardés intacts.", "هذا الإصدار لا يعرف هذه الحقول. وهي محفوظة كما هي.", "Ця версія не знає цих полів. Вони зберігаються незмінними.";
    silent: "Nothing entered in:", "Boş bölmələr:", "Не заполнено:", "Rien dans :", "لا شيء في:", "Не заповнено:";
    around: "Around this place", "Bu yerin ətrafı", "Вокруг этого места", "Autour de ce lieu", "حول هذا المكان", "Навколо цього місця";
    contents: "On this page", "Bu səhifədə", "На этой странице", "Sur cette page", "في هذه الصفحة", "На цій сторінці";

    // The map.
    map_label: "Map of the records", "Qeydlərin xəritəsi", "Карта записей", "Carte des fiches", "خريطة السجلات", "Карта записів";
    legend: "Legend", "Şərti işarələr", "Условные знаки", "Légende", "مفتاح الخريطة", "Умовні знаки";
    with_place: "With a place", "Yeri məlum", "С местом", "Avec un lieu", "لها مكان", "З місцем";
    without_place: "Without a place", "Yeri naməlum", "Без места", "Sans lieu", "بلا مكان", "Без місця";
    too_many: "Not drawn, because there are too many; narrow the filters", "Çox olduğu üçün çəkilməyib; süzgəcləri daraldın", "Не показано: слишком много; сузьте фильтры", "Non dessinées, trop nombreuses ; resserrez les filtres", "لم تُرسم لكثرتها؛ ضيّق التصفية", "Не показано: забагато; звузьте фільтри";
    no_places: "No record that matches has a place.", "Uyğun qeydlərin heç birinin yeri yoxdur.", "У подходящих записей нет места.", "Aucune fiche correspondante n’a de lieu.", "لا سجل مطابق له مكان.", "У відповідних записів немає місця.";
    no_status: "No status shown", "Status göstərilmir", "Статус не показан", "Statut non montré", "لا وضع معروض", "Статус не показано";
    several: "Several records: their number, and the share of each", "Bir neçə qeyd: sayı və hər birinin payı", "Несколько записей: число и доли", "Plusieurs fiches : leur nombre et leurs parts", "عدة سجلات: عددها وحصة كل منها", "Кілька записів: число й частки";
    border: "Area on the ground", "Yerdə sahə", "Участок на местности", "Zone au sol", "منطقة على الأرض", "Ділянка на місцевості";
    tint_note: "Tints show where an area's records lie. They are no border.", "Rənglər rayonun qeydlərinin harada olduğunu göstərir; sərhəd deyil.", "Заливка показывает, где лежат записи района; это не граница.", "Les teintes montrent où sont les fiches d’une zone ; ce ne sont pas des frontières.", "تبيّن الألوان مواقع سجلات المنطقة؛ وليست حدوداً.", "Заливка показує, де лежать записи району; це не межа.";
    move_map: "Move the map", "Xəritəni hərəkət etdir", "Сдвинуть карту", "Déplacer la carte", "حرّك الخريطة", "Зсунути карту";
    closer: "Closer", "Yaxınlaşdır", "Ближе", "Plus près", "تقريب", "Ближче";
    further: "Further", "Uzaqlaşdır", "Дальше", "Plus loin", "إبعاد", "Далі";
    whole: "Everything", "Hamısı", "Всё", "Tout", "الكل", "Усе";
    north: "North", "Şimal", "Север", "Nord", "شمال", "Північ";
    south: "South", "Cənub", "Юг", "Sud", "جنوب", "Південь";
    west: "West", "Qərb", "Запад", "Ouest", "غرب", "Захід";
    east: "East", "Şərq", "Восток", "Est", "شرق", "Схід";

    // Signing in.
    sign_in: "Sign in", "Daxil ol", "Войти", "Se connecter", "تسجيل الدخول", "Увійти";
    sign_out: "Sign out", "Çıx", "Выйти", "Se déconnecter", "تسجيل الخروج", "Вийти";
    sign_in_note: "A session ends after half an hour without use, and after twelve hours in any case. Who has forgotten a password asks an administrator.", "Sessiya yarım saat istifadə olunmayanda və hər halda on iki saatdan sonra bitir. Parolu unudan administratora müraciət edir.", "Сеанс заканчивается через полчаса бездействия и в любом случае через двенадцать часов. Забывший пароль обращается к администратору.", "Une session prend fin après une demi-heure sans activité, et de toute façon après douze heures. En cas d’oubli du mot de passe, adressez-vous à un administrateur.", "تنتهي الجلسة بعد نصف ساعة دون استخدام، وبعد اثنتي عشرة ساعة على أي حال. من نسي كلمة المرور يراجع مسؤولاً.", "Сеанс завершується через пів години бездіяльності й у будь-якому разі через дванадцять годин. Хто забув пароль, звертається до адміністратора.";
    account_name: "Name", "Ad", "Имя", "Nom", "الاسم", "Ім’я";
    password: "Password", "Parol", "Пароль", "Mot de passe", "كلمة المرور", "Пароль";
    password_again: "Password, once more", "Parol, bir daha", "Пароль ещё раз", "Mot de passe, encore une fois", "كلمة المرور مرة أخرى", "Пароль ще раз";
    present_password: "Present password", "İndiki parol", "Нынешний пароль", "Mot de passe actuel", "كلمة المرور الحالية", "Теперішній пароль";
    new_password: "New password", "Yeni parol", "Новый пароль", "Nouveau mot de passe", "كلمة مرور جديدة", "Новий пароль";
    change_password: "Change the password", "Parolu dəyiş", "Сменить пароль", "Changer le mot de passe", "تغيير كلمة المرور", "Змінити пароль";
    password_rule: "At least 12 letters or signs. Four or five words that do not belong together are good.", "Ən azı 12 hərf və ya işarə. Bir-birinə aid olmayan dörd-beş söz yaxşıdır.", "Не меньше 12 букв или знаков. Хороши четыре-пять слов, не связанных между собой.", "Au moins 12 lettres ou signes. Quatre ou cinq mots sans rapport entre eux conviennent bien.", "12 حرفاً أو رمزاً على الأقل. أربع أو خمس كلمات لا صلة بينها خيار جيد.", "Щонайменше 12 літер або знаків. Добре підходять чотири-п’ять слів, не пов’язаних між собою.";
    password_ends: "It signs you out everywhere else.", "Bu, sizi bütün başqa yerlərdən çıxarır.", "Во всех других местах вы будете отключены.", "Vous serez déconnecté partout ailleurs.", "سيؤدي ذلك إلى تسجيل خروجك من كل مكان آخر.", "В усіх інших місцях вас буде відключено.";
    password_guessed: "This password would be guessed. Take four or five words that do not belong together.", "Bu parolu tapmaq olar. Bir-birinə aid olmayan dörd-beş söz götürün.", "Этот пароль можно угадать. Возьмите четыре-пять слов, не связанных между собой.", "Ce mot de passe serait deviné. Prenez quatre ou cinq mots sans rapport entre eux.", "يمكن تخمين كلمة المرور هذه. اختر أربع أو خمس كلمات لا صلة بينها.", "Цей пароль можна вгадати. Візьміть чотири-п’ять слів, не пов’язаних між собою.";
    passwords_differ: "The two passwords are not the same.", "İki parol eyni deyil.", "Пароли не совпадают.", "Les deux mots de passe ne sont pas les mêmes.", "كلمتا المرور غير متطابقتين.", "Паролі не збігаються.";
    wrong_password: "The name or the password is not right.", "Ad və ya parol düzgün deyil.", "Имя или пароль неверны.", "Le nom ou le mot de passe n’est pas juste.", "الاسم أو كلمة المرور غير صحيحة.", "Ім’я або пароль неправильні.";
    too_many_attempts: "Too many attempts. Wait", "Həddən artıq cəhd. Gözləyin:", "Слишком много попыток. Подождите", "Trop d’essais. Attendez", "محاولات كثيرة. انتظر", "Забагато спроб. Зачекайте";
    kept_note: "Your session had ended. What you typed is kept: sign in, and send it once more.", "Sessiyanız bitmişdi. Yazdıqlarınız saxlanılıb: daxil olun və yenidən göndərin.", "Ваш сеанс закончился. Введённое сохранено: войдите и отправьте ещё раз.", "Votre session avait pris fin. Ce que vous avez saisi est conservé : connectez-vous et envoyez-le à nouveau.", "انتهت جلستك. ما كتبته محفوظ: سجّل الدخول وأرسله مرة أخرى.", "Ваш сеанс завершився. Введене збережено: увійдіть і надішліть ще раз.";
    send_again: "Send it once more", "Yenidən göndər", "Отправить ещё раз", "Envoyer à nouveau", "أرسله مرة أخرى", "Надіслати ще раз";
    send_again_note: "This was typed in an earlier session and is not sent yet. Look it over.", "Bu, əvvəlki sessiyada yazılıb və hələ göndərilməyib. Nəzərdən keçirin.", "Это введено в прежнем сеансе и ещё не отправлено. Проверьте.", "Ceci a été saisi dans une session précédente et n’est pas encore envoyé. Relisez-le.", "كُتب هذا في جلسة سابقة ولم يُرسل بعد. راجعه.", "Це введено в попередньому сеансі й ще не надіслано. Перегляньте.";
    send_now: "Send", "Göndər", "Отправить", "Envoyer", "إرسال", "Надіслати";
    leave_it: "Leave it", "Göndərmə", "Не отправлять", "Ne pas envoyer", "لا ترسل", "Не надсилати";
    first_account: "The first account", "Birinci hesab", "Первая учётная запись", "Le premier compte", "الحساب الأول", "Перший обліковий запис";
    first_account_note: "It may do everything on these pages, and makes the accounts of others. This link is worth nothing afterwards.", "Bu hesab bu səhifələrdə hər şeyi edə bilər və başqalarının hesablarını yaradır. Bundan sonra bu keçid işləmir.", "Она может на этих страницах всё и создаёт учётные записи других. После этого ссылка недействительна.", "Il peut tout faire sur ces pages et crée les comptes des autres. Ce lien ne vaut plus rien ensuite.", "يستطيع هذا الحساب فعل كل شيء في هذه الصفحات وينشئ حسابات الآخرين. لا قيمة لهذا الرابط بعد ذلك.", "Він може на цих сторінках усе та створює облікові записи інших. Після цього посилання недійсне.";

    // Accounts.
    accounts: "Accounts", "Hesablar", "Учётные записи", "Comptes", "الحسابات", "Облікові записи";
    make_account: "Make an account", "Hesab yarat", "Создать учётную запись", "Créer un compte", "إنشاء حساب", "Створити обліковий запис";
    role: "Role", "Rol", "Роль", "Rôle", "الدور", "Роль";
    viewer: "Viewer", "Baxan", "Наблюдатель", "Lecteur", "مطّلع", "Спостерігач";
    viewer_may: "sees records, people and what waits", "qeydləri, insanları və gözləyənləri görür", "видит записи, людей и ожидающее", "voit les fiches, les personnes et ce qui attend", "يرى السجلات والأشخاص وما ينتظر", "бачить записи, людей і те, що чекає";
    operator: "Operator", "Operator", "Оператор", "Opérateur", "مشغّل", "Оператор";
    operator_may: "also invites, admits and revokes devices, and exports", "həm də cihazları dəvət edir, qəbul edir, ləğv edir və ixrac edir", "также приглашает, допускает и отзывает устройства, экспортирует", "invite, admet et révoque aussi des appareils, et exporte", "يدعو الأجهزة ويقبلها ويلغيها أيضاً، ويصدّر", "також запрошує, допускає й відкликає пристрої, експортує";
    administrator: "Administrator", "Administrator", "Администратор", "Administrateur", "مسؤول", "Адміністратор";
    administrator_may: "also makes and removes accounts", "həm də hesab yaradır və silir", "также создаёт и удаляет учётные записи", "crée et supprime aussi des comptes", "ينشئ الحسابات ويحذفها أيضاً", "також створює й видаляє облікові записи";
    remove: "Remove", "Sil", "Удалить", "Supprimer", "حذف", "Видалити";
    remove_note: "The person is signed out everywhere and can sign in no more.", "Həmin şəxs hər yerdən çıxarılır və daha daxil ola bilmir.", "Этот человек будет отключён везде и больше не сможет войти.", "La personne est déconnectée partout et ne peut plus se connecter.", "يُسجَّل خروج الشخص من كل مكان ولا يستطيع الدخول بعد ذلك.", "Цю людину буде відключено скрізь, і вона більше не зможе увійти.";
    name_taken: "There is an account of that name already.", "Bu adda hesab artıq var.", "Учётная запись с таким именем уже есть.", "Un compte de ce nom existe déjà.", "يوجد حساب بهذا الاسم بالفعل.", "Обліковий запис із таким ім’ям уже є.";
    name_unfit: "A name has 1 to 64 letters, digits, spaces or . _ - @", "Ad 1–64 hərf, rəqəm, boşluq və ya . _ - @ işarəsindən ibarətdir", "Имя: от 1 до 64 букв, цифр, пробелов или . _ - @", "Un nom compte 1 à 64 lettres, chiffres, espaces ou . _ - @", "يتكون الاسم من 1 إلى 64 حرفاً أو رقماً أو مسافة أو . _ - @", "Ім’я: від 1 до 64 літер, цифр, пробілів або . _ - @";

    // People.
    people: "People", "İnsanlar", "Люди", "Personnes", "الأشخاص", "Люди";
    members: "Members and their devices", "Üzvlər və cihazları", "Участники и их устройства", "Membres et leurs appareils", "الأعضاء وأجهزتهم", "Учасники та їхні пристрої";
    asking: "Who asks to join", "Qoşulmaq istəyənlər", "Кто просится войти", "Qui demande à entrer", "من يطلب الانضمام", "Хто проситься";
    asking_none: "Nobody asks to join.", "Heç kim qoşulmaq istəmir.", "Никто не просится.", "Personne ne demande à entrer.", "لا أحد يطلب الانضمام.", "Ніхто не проситься.";
    asking_unknown: "The relay did not say who asks to join:", "Relay kimin qoşulmaq istədiyini bildirmədi:", "Ретранслятор не сообщил, кто просится:", "Le relais n’a pas dit qui demande à entrer :", "لم يُفد المرحِّل بمن يطلب الانضمام:", "Ретранслятор не повідомив, хто проситься:";
    code: "Code", "Kod", "Код", "Code", "الرمز", "Код";
    code_is_same: "The officer has read the code from the phone to me, and it is the same.", "Əməkdaş telefondakı kodu mənə oxudu və kod eynidir.", "Сотрудник прочитал мне код с телефона, и он тот же.", "L’agent m’a lu le code du téléphone, et c’est le même.", "قرأ لي الموظف الرمز من الهاتف، وهو الرمز نفسه.", "Співробітник прочитав мені код із телефона, і він той самий.";
    compare_first: "Compare the code with the phone first.", "Əvvəlcə kodu telefonla müqayisə edin.", "Сначала сравните код с телефоном.", "Comparez d’abord le code avec le téléphone.", "قارن الرمز بالهاتف أولاً.", "Спершу порівняйте код із телефоном.";
    choose_area: "Choose at least one team.", "Ən azı bir qrup seçin.", "Выберите хотя бы одну группу.", "Choisissez au moins une équipe.", "اختر فريقاً واحداً على الأقل.", "Виберіть принаймні одну групу.";
    officer_may: "reads and writes", "oxuyur və yazır", "читает и пишет", "lit et écrit", "يقرأ ويكتب", "читає й пише";
    supervisor_may: "also decides contested values", "həm də mübahisəli qiymətlərə qərar verir", "также решает спорные значения", "tranche aussi les valeurs contestées", "يبتّ أيضاً في القيم المتنازع عليها", "також вирішує спірні значення";
    admit: "Admit", "Qəbul et", "Допустить", "Admettre", "قبول", "Допустити";
    admitted: "The device is a member now and may sync.", "Cihaz indi üzvdür və sinxronlaşa bilər.", "Устройство теперь участник и может синхронизироваться.", "L’appareil est membre et peut synchroniser.", "أصبح الجهاز عضواً ويمكنه المزامنة.", "Пристрій тепер учасник і може синхронізуватися.";
    admits_all: "Every device with a valid invite is admitted without comparing codes (--auto-admit).", "Etibarlı dəvəti olan hər cihaz kodlar müqayisə edilmədən qəbul olunur (--auto-admit).", "Каждое устройство с действительным приглашением допускается без сравнения кодов (--auto-admit).", "Tout appareil muni d’une invitation valable est admis sans comparer les codes (--auto-admit).", "يُقبل كل جهاز لديه دعوة صالحة دون مقارنة الرموز (--auto-admit).", "Кожен пристрій із чинним запрошенням допускається без порівняння кодів (--auto-admit).";
    alarm: "Alarm.", "Həyəcan.", "Тревога.", "Alarme.", "إنذار.", "Тривога.";
    alarm_twice: "Two devices ask with one invite, so somebody has copied it. Admit neither: hand the officer a new invite, and ask how the old one got out.", "İki cihaz eyni dəvətlə müraciət edir, deməli, kimsə onu köçürüb. Heç birini qəbul etməyin: əməkdaşa yeni dəvət verin və köhnəsinin necə yayıldığını soruşun.", "Два устройства просятся по одному приглашению: кто-то его скопировал. Не допускайте ни одного: дайте сотруднику новое приглашение и выясните, как ушло старое.", "Deux appareils demandent avec la même invitation : quelqu’un l’a copiée. N’en admettez aucun ; remettez une nouvelle invitation à l’agent et cherchez comment l’ancienne a fui.", "يطلب جهازان الانضمام بدعوة واحدة، فقد نسخها أحد. لا تقبل أياً منهما: سلّم الموظف دعوة جديدة واسأل كيف تسربت القديمة.", "Два пристрої просяться за одним запрошенням: хтось його скопіював. Не допускайте жодного: дайте співробітникові нове запрошення й з’ясуйте, як пішло старе.";
    alarm_used: "This invite was used before, so somebody has copied it. Do not admit this device, and look at the member who joined with that invite.", "Bu dəvət artıq istifadə olunub, deməli, kimsə onu köçürüb. Bu cihazı qəbul etməyin və həmin dəvətlə qoşulan üzvü yoxlayın.", "Это приглашение уже использовано: кто-то его скопировал. Не допускайте это устройство и проверьте участника, вошедшего по нему.", "Cette invitation a déjà servi : quelqu’un l’a copiée. N’admettez pas cet appareil, et vérifiez le membre entré avec elle.", "استُخدمت هذه الدعوة من قبل، فقد نسخها أحد. لا تقبل هذا الجهاز، وتحقق من العضو الذي انضم بها.", "Це запрошення вже використано: хтось його скопіював. Не допускайте цей пристрій і перевірте учасника, який увійшов за ним.";
    revoked: "revoked", "ləğv edilib", "отозвано", "révoqué", "ملغى", "відкликано";
    invite: "Invite a device", "Cihaz dəvət et", "Пригласить устройство", "Inviter un appareil", "دعوة جهاز", "Запросити пристрій";
    invite_note: "An invite is for one device and ends by itself. It holds no keys to records: what the phone asks with it is compared by you.", "Dəvət bir cihaz üçündür və özü bitir. Onda qeydlərin açarı yoxdur: telefonun müraciətini siz müqayisə edirsiniz.", "Приглашение на одно устройство и заканчивается само. Ключей к записям в нём нет: запрос телефона сверяете вы.", "Une invitation vaut pour un appareil et prend fin d’elle-même. Elle ne contient aucune clé des fiches : c’est vous qui comparez la demande du téléphone.", "الدعوة لجهاز واحد وتنتهي من تلقاء نفسها. لا تحوي مفاتيح السجلات: أنت من يقارن طلب الهاتف.", "Запрошення на один пристрій і завершується саме. Ключів до записів у ньому немає: запит телефона звіряєте ви.";
    valid_for: "Valid for", "Müddəti", "Действует", "Valable", "صالحة لمدة", "Діє";
    half_an_hour: "30 minutes: in person", "30 dəqiqə: şəxsən", "30 минут: при встрече", "30 minutes : en personne", "30 دقيقة: وجهاً لوجه", "30 хвилин: при зустрічі";
    a_day: "24 hours", "24 saat", "24 часа", "24 heures", "24 ساعة", "24 години";
    three_days: "72 hours", "72 saat", "72 часа", "72 heures", "72 ساعة", "72 години";
    make_invite: "Make an invite", "Dəvət yarat", "Создать приглашение", "Créer une invitation", "إنشاء دعوة", "Створити запрошення";
    valid_until: "Valid until", "Bitmə vaxtı:", "Действует до", "Valable jusqu’au", "صالحة حتى", "Діє до";
    invite_code: "The invite as a QR code", "QR kod şəklində dəvət", "Приглашение как QR-код", "L’invitation en code QR", "الدعوة كرمز QR", "Запрошення як QR-код";
    invite_how: "Let the officer photograph it with the phone that is to join. The phone then shows a code of six digits; compare it, and admit.", "Qoşulacaq telefonla əməkdaş onu çəksin. Sonra telefon altı rəqəmli kod göstərir; müqayisə edin və qəbul edin.", "Пусть сотрудник снимет его телефоном, который должен войти. Телефон покажет код из шести цифр; сравните и допустите.", "Que l’agent le photographie avec le téléphone qui doit entrer. Le téléphone montre alors un code de six chiffres ; comparez-le, puis admettez.", "ليصوّره الموظف بالهاتف الذي سينضم. يعرض الهاتف بعدها رمزاً من ستة أرقام؛ قارنه ثم اقبل.", "Нехай співробітник сфотографує його телефоном, який має увійти. Телефон покаже код із шести цифр; порівняйте й допустіть.";
    invite_text: "The same as text", "Mətn şəklində", "То же текстом", "La même en texte", "الدعوة نصاً", "Те саме текстом";
    invite_picture: "Save as a picture", "Şəkil kimi saxla", "Сохранить картинкой", "Enregistrer en image", "حفظ كصورة", "Зберегти картинкою";
    invite_once: "It is shown this once and kept nowhere. Whoever has it can ask to join.", "Yalnız indi göstərilir və heç yerdə saxlanılmır. Ona sahib olan qoşulmaq üçün müraciət edə bilər.", "Показано только сейчас и нигде не хранится. Кто его имеет, может попроситься.", "Elle n’est montrée que cette fois et n’est conservée nulle part. Qui la possède peut demander à entrer.", "تُعرض هذه المرة فقط ولا تُحفظ في أي مكان. من يملكها يمكنه طلب الانضمام.", "Показано лише зараз і ніде не зберігається. Хто його має, може попроситися.";
    unpublished: "It works once the relay knows of it:", "Relay ondan xəbər tutanda işləyəcək:", "Заработает, когда о нём узнает ретранслятор:", "Elle fonctionnera dès que le relais en aura connaissance :", "ستعمل حين يعلم بها المرحِّل:", "Запрацює, коли про нього дізнається ретранслятор:";

    // Quarantine.
    quarantine: "Quarantine", "Karantin", "Карантин", "Quarantaine", "الحجر", "Карантин";
    quarantine_held: "Waits for a person", "İnsan gözləyir", "Ждёт человека", "Attend une personne", "ينتظر شخصاً", "Чекає на людину";
    quarantine_note: "These frames are not believed: neither merged nor dropped.", "Bu paketlərə inanılmır: nə birləşdirilib, nə də atılıb.", "Этим пакетам нет веры: они не объединены и не отброшены.", "Ces trames ne sont pas crues : ni fusionnées, ni jetées.", "هذه الحزم غير موثوقة: لم تُدمج ولم تُهمل.", "Цим пакетам немає віри: їх не об’єднано й не відкинуто.";
    quarantine_none: "Nothing is set aside.", "Kənara qoyulan heç nə yoxdur.", "Ничего не отложено.", "Rien n’est mis de côté.", "لا شيء منحّى جانباً.", "Нічого не відкладено.";
    quarantine_waiting: "Waits for something that is to arrive", "Gələcək nəyisə gözləyir", "Ждёт того, что ещё придёт", "Attend quelque chose qui doit arriver", "ينتظر شيئاً سيصل", "Чекає на те, що ще надійде";
    quarantine_waiting_note: "These frames are tried again by themselves when it is here.", "O gələndə bu paketlər özləri yenidən yoxlanılır.", "Когда оно придёт, эти пакеты будут обработаны сами.", "Ces trames sont reprises d’elles-mêmes dès qu’il est là.", "تُعاد محاولة هذه الحزم تلقائياً حين يصل.", "Коли воно надійде, ці пакети буде оброблено самі.";
    quarantine_waiting_none: "Nothing waits.", "Gözləyən heç nə yoxdur.", "Ничто не ждёт.", "Rien n’attend.", "لا شيء ينتظر.", "Ніщо не чекає.";
    changes_stuck: "Single changes that could not be merged, kept here:", "Birləşdirilə bilməyib burada saxlanan dəyişikliklər:", "Отдельные изменения, которые не удалось объединить, хранятся здесь:", "Modifications isolées qui n’ont pu être fusionnées, gardées ici :", "تعديلات مفردة تعذّر دمجها ومحفوظة هنا:", "Окремі зміни, які не вдалося об’єднати, зберігаються тут:";

    // Exports.
    exports: "Exports", "İxraclar", "Экспорт", "Exportations", "التصدير", "Експорт";
    make_export: "Export records", "Qeydləri ixrac et", "Экспортировать записи", "Exporter des fiches", "تصدير سجلات", "Експортувати записи";
    export: "Export", "İxrac et", "Экспортировать", "Exporter", "صدّر", "Експортувати";
    export_note: "What consent withholds is left out. Every export is entered below, before anything leaves.", "Razılığın icazə vermədiyi məlumat daxil edilmir. Hər ixrac, heç nə çıxmamış, aşağıda qeyd olunur.", "То, на что нет согласия, не выгружается. Каждый экспорт записывается ниже прежде, чем что-либо уйдёт.", "Ce que le consentement ne couvre pas est omis. Chaque exportation est inscrite ci-dessous avant que quoi que ce soit ne sorte.", "يُستبعد ما لا تشمله الموافقة. يُدوَّن كل تصدير أدناه قبل أن يخرج أي شيء.", "Те, на що немає згоди, не вивантажується. Кожен експорт записується нижче, перш ніж щось вийде.";
    format: "Format", "Format", "Формат", "Format", "الصيغة", "Формат";
    with_protected: "With protected fields", "Qorunan sahələrlə", "С защищёнными полями", "Avec les champs protégés", "مع الحقول المحمية", "Із захищеними полями";
    export_log: "What was exported", "Nə ixrac olunub", "Что экспортировано", "Ce qui a été exporté", "ما تم تصديره", "Що експортовано";
    no_exports: "Nothing was exported.", "Heç nə ixrac olunmayıb.", "Ничего не экспортировано.", "Rien n’a été exporté.", "لم يُصدَّر شيء.", "Нічого не експортовано.";
    export_when: "When", "Nə vaxt", "Когда", "Quand", "متى", "Коли";
    on_page: "on this page", "bu səhifədə", "на этой странице", "sur cette page", "على هذه الصفحة", "на цій сторінці";
    at_command_line: "at the command line", "əmr sətrində", "в командной строке", "en ligne de commande", "في سطر الأوامر", "у командному рядку";
    unfinished: "not finished", "bitməyib", "не завершён", "inachevée", "لم يكتمل", "не завершено";
    log_broken: "The account of exports was altered: this entry does not follow from the one before:", "İxrac jurnalı dəyişdirilib: bu qeyd əvvəlkindən irəli gəlmir:", "Журнал экспорта изменён: эта запись не следует из предыдущей:", "Le registre des exportations a été altéré : cette entrée ne découle pas de la précédente :", "جرى تغيير سجل التصدير: هذا القيد لا يتبع ما قبله:", "Журнал експорту змінено: цей запис не випливає з попереднього:";
    last_entry: "Last entry, to be written down from time to time:", "Son qeyd (vaxtaşırı yazıb saxlayın):", "Последняя запись, время от времени выписывайте её:", "Dernière entrée, à noter de temps en temps :", "آخر قيد، يُدوَّن من حين لآخر:", "Останній запис, час від часу виписуйте його:";

    // What went wrong.
    foreign: "This did not come from a page of this headquarters", "Bu, bu qərargahın səhifəsindən gəlməyib", "Это пришло не со страницы этого штаба", "Ceci ne vient pas d’une page de ce quartier général", "لم يأتِ هذا من صفحة هذا المقر", "Це надійшло не зі сторінки цього штабу";
    foreign_remedy: "Nothing was changed. If you pressed a button on this page, open it by the address with which headquarters was started, and try again.", "Heç nə dəyişdirilməyib. Düyməni bu səhifədə basmısınızsa, onu qərargahın başladığı ünvanla açıb yenidən cəhd edin.", "Ничего не изменено. Если вы нажали кнопку на этой странице, откройте её по адресу, с которым запущен штаб, и повторите.", "Rien n’a été modifié. Si vous avez pressé un bouton de cette page, ouvrez-la à l’adresse de démarrage du quartier général et réessayez.", "لم يتغير شيء. إن كنت قد ضغطت زراً في هذه الصفحة فافتحها بالعنوان الذي بدأ به المقر وحاول مجدداً.", "Нічого не змінено. Якщо ви натиснули кнопку на цій сторінці, відкрийте її за адресою, з якою запущено штаб, і повторіть.";
    no_form: "What was sent can’t be read", "Göndərilən oxunmur", "Отправленное не читается", "Ce qui a été envoyé est illisible", "تتعذّر قراءة ما أُرسل", "Надіслане не читається";
    no_form_remedy: "Nothing was changed. Go back and send the form again.", "Heç nə dəyişdirilməyib. Geri qayıdıb formanı yenidən göndərin.", "Ничего не изменено. Вернитесь и отправьте форму снова.", "Rien n’a été modifié. Revenez en arrière et renvoyez le formulaire.", "لم يتغير شيء. عُد وأرسل النموذج مجدداً.", "Нічого не змінено. Поверніться й надішліть форму знову.";
    not_allowed: "Your account may not do this", "Hesabınıza bu icazə verilməyib", "Вашей учётной записи это не разрешено", "Votre compte n’y est pas autorisé", "لا يُسمح لحسابك بهذا", "Вашому обліковому запису це не дозволено";
    not_allowed_remedy: "Ask an administrator of this headquarters.", "Bu qərargahın administratoruna müraciət edin.", "Обратитесь к администратору этого штаба.", "Adressez-vous à un administrateur de ce quartier général.", "راجع مسؤول هذا المقر.", "Зверніться до адміністратора цього штабу.";
    spent: "This link was used, or has ended", "Bu keçid istifadə olunub və ya bitib", "Ссылка уже использована или истекла", "Ce lien a servi ou a pris fin", "استُخدم هذا الرابط أو انتهى", "Посилання вже використано або воно скінчилося";
    spent_remedy: "Sign in, or start headquarters again for a new link.", "Daxil olun və ya yeni keçid üçün qərargahı yenidən başladın.", "Войдите или перезапустите штаб, чтобы получить новую ссылку.", "Connectez-vous, ou relancez le quartier général pour un nouveau lien.", "سجّل الدخول، أو أعد تشغيل المقر للحصول على رابط جديد.", "Увійдіть або перезапустіть штаб, щоб отримати нове посилання.";
    not_done: "This was not done", "Bu edilmədi", "Это не сделано", "Cela n’a pas été fait", "لم يتم ذلك", "Це не зроблено";
    not_done_remedy: "Go back, and try again when the reason is gone.", "Geri qayıdın və səbəb aradan qalxanda yenidən cəhd edin.", "Вернитесь и повторите, когда причина исчезнет.", "Revenez en arrière et réessayez quand la cause aura disparu.", "عُد وحاول مجدداً حين يزول السبب.", "Поверніться й повторіть, коли причина зникне.";
    no_record: "There is no such record here", "Burada belə qeyd yoxdur", "Такой записи здесь нет", "Il n’y a pas de telle fiche ici", "لا يوجد سجل كهذا هنا", "Такого запису тут немає";
    no_record_remedy: "Check the number: its last symbol is a check digit. The record may not have arrived yet, or two records may share the number; search for it then.", "Nömrəni yoxlayın: son simvol yoxlama işarəsidir. Qeyd hələ gəlməmiş ola bilər və ya iki qeydin nömrəsi eynidir; onda axtarın.", "Проверьте номер: последний знак контрольный. Возможно, запись ещё не пришла или номер общий у двух записей; тогда найдите её поиском.", "Vérifiez le numéro : son dernier symbole est une clé de contrôle. La fiche n’est peut-être pas encore arrivée, ou deux fiches partagent ce numéro ; cherchez-la alors.", "تحقق من الرقم: رمزه الأخير للتحقق. ربما لم يصل السجل بعد، أو يشترك سجلان في الرقم؛ ابحث عنه عندئذ.", "Перевірте номер: останній знак контрольний. Можливо, запис ще не надійшов або номер спільний у двох записів; тоді знайдіть його пошуком.";
    search_it: "Search the records for it", "Qeydlərdə axtar", "Искать в записях", "Chercher dans les fiches", "ابحث عنه في السجلات", "Шукати в записах";
    no_field: "Nothing was ever written there", "Orada heç nə yazılmayıb", "Там ничего не было записано", "Rien n’y a jamais été écrit", "لم يُكتب شيء هناك قط", "Там нічого не було записано";
    no_field_remedy: "Go back to the record and follow the link of a field.", "Qeydə qayıdın və sahənin keçidini açın.", "Вернитесь к записи и откройте ссылку поля.", "Revenez à la fiche et suivez le lien d’un champ.", "عُد إلى السجل واتبع رابط حقل.", "Поверніться до запису й відкрийте посилання поля.";
    no_page: "This address leads nowhere", "Bu ünvan heç yerə aparmır", "Этот адрес никуда не ведёт", "Cette adresse ne mène nulle part", "هذا العنوان لا يؤدي إلى شيء", "Ця адреса нікуди не веде";
    no_page_remedy: "Start from the overview, the records or the map.", "İcmaldan, qeydlərdən və ya xəritədən başlayın.", "Начните с обзора, записей или карты.", "Repartez de l’aperçu, des fiches ou de la carte.", "ابدأ من النظرة العامة أو السجلات أو الخريطة.", "Почніть з огляду, записів або карти.";
    only_reading: "This can’t be done here", "Bu, burada edilə bilməz", "Здесь этого сделать нельзя", "Cela ne peut pas se faire ici", "لا يمكن فعل هذا هنا", "Тут цього зробити не можна";
    only_reading_remedy: "Records are changed on the phones and with the kahriz command.", "Qeydlər telefonlarda və kahriz əmri ilə dəyişdirilir.", "Записи изменяют на телефонах и командой kahriz.", "Les fiches se modifient sur les téléphones et avec la commande kahriz.", "تُعدَّل السجلات على الهواتف وبأمر kahriz.", "Записи змінюють на телефонах і командою kahriz.";
    no_store: "The store did not answer", "Anbar cavab vermədi", "Хранилище не ответило", "Le stockage n’a pas répondu", "لم تستجب قاعدة التخزين", "Сховище не відповіло";
    no_store_remedy: "Load the page again. If it stays so, look at the program's log: the record may be damaged here and intact at the relay.", "Səhifəni yenidən açın. Dəyişməsə, proqramın jurnalına baxın: qeyd burada zədələnmiş, relay-də isə sağlam ola bilər.", "Откройте страницу снова. Если не поможет, посмотрите журнал программы: запись может быть повреждена здесь и цела на ретрансляторе.", "Rechargez la page. Si cela persiste, voyez le journal du programme : la fiche est peut-être abîmée ici et intacte au relais.", "أعد تحميل الصفحة. إن استمر ذلك فانظر سجل البرنامج: قد يكون السجل تالفاً هنا وسليماً لدى المرحِّل.", "Відкрийте сторінку знову. Якщо не допоможе, подивіться журнал програми: запис може бути пошкоджений тут і цілий на ретрансляторі.";
    broken: "This page could not be made", "Bu səhifə hazırlana bilmədi", "Страницу не удалось создать", "Cette page n’a pas pu être produite", "تعذّر إنشاء هذه الصفحة", "Сторінку не вдалося створити";
    broken_remedy: "This is a fault of the program, not of your data. Please report it with what the log says.", "Bu, məlumatların yox, proqramın xətasıdır. Jurnaldakı mətnlə birlikdə bildirin.", "Это ошибка программы, а не ваших данных. Сообщите о ней с текстом из журнала.", "C’est une faute du programme, pas de vos données. Signalez-la avec ce que dit le journal.", "هذا خطأ في البرنامج لا في بياناتك. أبلغ عنه مع ما يقوله السجل.", "Це помилка програми, а не ваших даних. Повідомте про неї з текстом із журналу.";
}
