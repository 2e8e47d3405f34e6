/* The desk for a frame in a page of the CRM: docs/embedding.md "A page in a frame". */
import '../elements/gym-inbox/gym-inbox.js';
import {joinParent} from './parent.js';

joinParent(document.querySelector('gym-inbox')!);
