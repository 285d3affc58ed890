//! The table of words, one line for each, in the order of the languages: en, az, ru, fr, ar, uk. A line that lacks
//! one does not compile.

macro_rules! table {
    ($($word:ident: $en:literal, $az:literal, $ru:literal, $fr:literal, $ar:literal, $uk:literal;)+) => {
        /// The words of one language.
        pub(crate) struct Words {
            $(pub(crate) $word: &'static str,)+
        }

        impl Words {
            /// All of them.
            #[cfg(test)]
            pub(crate) fn all(&self) -> Vec<&'static str> {
                vec![$(self.$word),+]
            }
        }

        pub(crate) static EN: Words = Words { $($word: $en,)+ };
        pub(crate) static AZ: Words = Words { $($word: $az,)+ };
        pub(crate) static RU: Words = Words { $($word: $ru,)+ };
        pub(crate) static FR: Words = Words { $($word: $fr,)+ };
        pub(crate) static AR: Words = Words { $($word: $ar,)+ };
        pub(crate) static UK: Words = Words { $($word: $uk,)+ };
    };
}

table! {
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
    foot: "This page only reads. Times are what the devices' clocks claimed, in UTC.", "Bu səhifə yalnız oxuyur. Vaxtlar cihazların saatlarının bildirdiyi kimidir (UTC).", "Эта страница только для чтения. Время указано по часам устройств, в UTC.", "Cette page ne fait que lire. Les heures sont celles qu’indiquaient les appareils, en UTC.", "هذه الصفحة للقراءة فقط. الأوقات كما أفادت بها ساعات الأجهزة، بتوقيت UTC.", "Ця сторінка лише для читання. Час указано за годинниками пристроїв, в UTC.";

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
    gap: "Missing from", "Buradan çatışmır", "Нет начиная с", "Manque à partir de", "مفقودة ابتداءً من", "Немає починаючи з";
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

    // What went wrong.
    no_record: "There is no such record here", "Burada belə qeyd yoxdur", "Такой записи здесь нет", "Il n’y a pas de telle fiche ici", "لا يوجد سجل كهذا هنا", "Такого запису тут немає";
    no_record_remedy: "Check the number: its last symbol is a check digit. The record may not have arrived yet, or two records may share the number; search for it then.", "Nömrəni yoxlayın: son simvol yoxlama işarəsidir. Qeyd hələ gəlməmiş ola bilər və ya iki qeydin nömrəsi eynidir; onda axtarın.", "Проверьте номер: последний знак контрольный. Возможно, запись ещё не пришла или номер общий у двух записей; тогда найдите её поиском.", "Vérifiez le numéro : son dernier symbole est une clé de contrôle. La fiche n’est peut-être pas encore arrivée, ou deux fiches partagent ce numéro ; cherchez-la alors.", "تحقق من الرقم: رمزه الأخير للتحقق. ربما لم يصل السجل بعد، أو يشترك سجلان في الرقم؛ ابحث عنه عندئذ.", "Перевірте номер: останній знак контрольний. Можливо, запис ще не надійшов або номер спільний у двох записів; тоді знайдіть його пошуком.";
    search_it: "Search the records for it", "Qeydlərdə axtar", "Искать в записях", "Chercher dans les fiches", "ابحث عنه في السجلات", "Шукати в записах";
    no_field: "Nothing was ever written there", "Orada heç nə yazılmayıb", "Там ничего не было записано", "Rien n’y a jamais été écrit", "لم يُكتب شيء هناك قط", "Там нічого не було записано";
    no_field_remedy: "Go back to the record and follow the link of a field.", "Qeydə qayıdın və sahənin keçidini açın.", "Вернитесь к записи и откройте ссылку поля.", "Revenez à la fiche et suivez le lien d’un champ.", "عُد إلى السجل واتبع رابط حقل.", "Поверніться до запису й відкрийте посилання поля.";
    no_page: "This address leads nowhere", "Bu ünvan heç yerə aparmır", "Этот адрес никуда не ведёт", "Cette adresse ne mène nulle part", "هذا العنوان لا يؤدي إلى شيء", "Ця адреса нікуди не веде";
    no_page_remedy: "Start from the overview, the records or the map.", "İcmaldan, qeydlərdən və ya xəritədən başlayın.", "Начните с обзора, записей или карты.", "Repartez de l’aperçu, des fiches ou de la carte.", "ابدأ من النظرة العامة أو السجلات أو الخريطة.", "Почніть з огляду, записів або карти.";
    only_reading: "This page only reads", "Bu səhifə yalnız oxuyur", "Эта страница только для чтения", "Cette page ne fait que lire", "هذه الصفحة للقراءة فقط", "Ця сторінка лише для читання";
    only_reading_remedy: "Changes are made on the phones and with the kahriz command.", "Dəyişikliklər telefonlarda və kahriz əmri ilə edilir.", "Изменения вносят на телефонах и командой kahriz.", "Les modifications se font sur les téléphones et avec la commande kahriz.", "تُجرى التغييرات على الهواتف وبأمر kahriz.", "Зміни вносять на телефонах і командою kahriz.";
    no_store: "The store did not answer", "Anbar cavab vermədi", "Хранилище не ответило", "Le stockage n’a pas répondu", "لم تستجب قاعدة التخزين", "Сховище не відповіло";
    no_store_remedy: "Load the page again. If it stays so, look at the program's log: the record may be damaged here and intact at the relay.", "Səhifəni yenidən açın. Dəyişməsə, proqramın jurnalına baxın: qeyd burada zədələnmiş, relay-də isə sağlam ola bilər.", "Откройте страницу снова. Если не поможет, посмотрите журнал программы: запись может быть повреждена здесь и цела на ретрансляторе.", "Rechargez la page. Si cela persiste, voyez le journal du programme : la fiche est peut-être abîmée ici et intacte au relais.", "أعد تحميل الصفحة. إن استمر ذلك فانظر سجل البرنامج: قد يكون السجل تالفاً هنا وسليماً لدى المرحِّل.", "Відкрийте сторінку знову. Якщо не допоможе, подивіться журнал програми: запис може бути пошкоджений тут і цілий на ретрансляторі.";
    broken: "This page could not be made", "Bu səhifə hazırlana bilmədi", "Страницу не удалось создать", "Cette page n’a pas pu être produite", "تعذّر إنشاء هذه الصفحة", "Сторінку не вдалося створити";
    broken_remedy: "This is a fault of the program, not of your data. Please report it with what the log says.", "Bu, məlumatların yox, proqramın xətasıdır. Jurnaldakı mətnlə birlikdə bildirin.", "Это ошибка программы, а не ваших данных. Сообщите о ней с текстом из журнала.", "C’est une faute du programme, pas de vos données. Signalez-la avec ce que dit le journal.", "هذا خطأ في البرنامج لا في بياناتك. أبلغ عنه مع ما يقوله السجل.", "Це помилка програми, а не ваших даних. Повідомте про неї з текстом із журналу.";
}
