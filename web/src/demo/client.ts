/* The client's demo page: the chat, opened. */
import '../elements/gym-chat/launcher.js';
import {passPerson} from './who.js';

passPerson(document.querySelector('gym-chat')!);
