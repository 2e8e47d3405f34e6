/* What a page of the CRM loads for <gym-inbox>: docs/embedding.md. */
export {GymInbox} from './elements/gym-inbox/gym-inbox.js';
