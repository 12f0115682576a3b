-- The latest change of all is found at once: times grow over all subjects (directory/d1-batch.ts).
CREATE INDEX changes_by_time ON changes (at);
