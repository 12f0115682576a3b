-- Up to which row of the log an operator's export has come back for more: what he has, by his own word.
CREATE TABLE audit_exported (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  seq INTEGER NOT NULL
) STRICT;
