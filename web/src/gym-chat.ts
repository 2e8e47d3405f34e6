/* What a page of the CRM loads for <gym-chat>: docs/embedding.md. */
export {GymChat} from './elements/gym-chat/launcher.js';
