-- A role for the CRM that may read the two views and nothing else. As the archive's owner:
--   psql "$GYMCHAT_DATABASE_URL" -v password=… -f archive-role.sql
CREATE ROLE crm LOGIN PASSWORD :'password';
ALTER ROLE crm SET default_transaction_read_only = on;
GRANT USAGE ON SCHEMA public TO crm;
GRANT SELECT ON chat_chatroom, chat_chatmessage TO crm;
