// The HTTP API with everything behind it: each route does what docs/openapi.yaml says, each error comes as it should, and
// who may do what is the same for every route. Every answer is held against the description.
// Each subject has its file in api/. They run here, one after the other, on one instance: the last one counts what the
// others have seen.
import './api/identity.js';
import './api/messages.js';
import './api/long-polls.js';
import './api/rooms.js';
import './api/desk.js';
import './api/rights.js';
import './api/limits.js';
import './api/outages.js';
import './api/description.js';
