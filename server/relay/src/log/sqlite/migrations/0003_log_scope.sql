-- How many logs has a device opened in a scope? The scope was only known through the log's frames before.
ALTER TABLE log ADD COLUMN scope BLOB;

UPDATE log SET scope = (
    SELECT scope.scope FROM frame JOIN scope ON scope.number = frame.scope
     WHERE frame.log = log.number LIMIT 1
);

CREATE INDEX log_of_device_in_scope ON log (workspace, device, scope);
