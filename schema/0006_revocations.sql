-- A token, or a holder, is revoked once: the list is bounded by what there is, not by how often it was asked for.

-- migrate:up
DELETE FROM revocations a USING revocations b
  WHERE a.gym = b.gym AND a.id < b.id AND (a.jti = b.jti OR (a.role = b.role AND a.sub = b.sub));
CREATE UNIQUE INDEX revocations_jti ON revocations (gym, jti) WHERE jti IS NOT NULL;
CREATE UNIQUE INDEX revocations_holder ON revocations (gym, role, sub) WHERE sub IS NOT NULL;
-- Made when tokens had no longest life: whatever they revoke may be good for as long as one may be now.
UPDATE revocations SET expires_at = now() + interval '400 days';
GRANT UPDATE (revoked_at, expires_at) ON revocations TO gymchat_api;

-- migrate:down
REVOKE UPDATE (revoked_at, expires_at) ON revocations FROM gymchat_api;
DROP INDEX revocations_holder, revocations_jti;
