/* The desk's demo page; the title counts what is unread. */
import '../elements/gym-inbox/gym-inbox.js';
import {passPerson} from './who.js';

const title = document.title;
passPerson(document.querySelector('gym-inbox')!);
document.addEventListener('gymchat-unread', (event) => {
  const {count} = (event as CustomEvent<{count: number}>).detail;
  document.title = count ? `(${count}) ${title}` : title;
});
