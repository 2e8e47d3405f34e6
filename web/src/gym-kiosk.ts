/* What a page of the CRM loads for <gym-kiosk>: docs/embedding.md. */
export {GymKiosk} from './elements/gym-kiosk/gym-kiosk.js';
