-- "How far is each log of this scope?", asked in every turn of a repair and answered in the order of their ids.
CREATE INDEX log_of_scope ON log (workspace, scope, log);
