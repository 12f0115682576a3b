-- What somebody made for others: found when an account is taken over (directory/take-over.ts).
CREATE INDEX api_keys_by_maker ON api_keys (created_by);
CREATE INDEX invitations_by_inviter ON invitations (invited_by);
