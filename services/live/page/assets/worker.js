// The worker that all tabs share.
import { Sharing } from './sharing.js';

const sharing = new Sharing();
self.addEventListener('connect', (event) => sharing.add(event.ports[0]));
