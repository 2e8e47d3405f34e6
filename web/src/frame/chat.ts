/* The chat for a frame in a page of the CRM: docs/embedding.md "A page in a frame". */
import '../elements/gym-chat/launcher.js';
import {joinParent} from './parent.js';

joinParent(document.querySelector('gym-chat')!);
