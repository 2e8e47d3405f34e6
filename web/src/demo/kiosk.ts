/* The kiosk's demo page. */
import '../elements/gym-kiosk/gym-kiosk.js';
import {passPerson} from './who.js';

passPerson(document.querySelector('gym-kiosk')!);
