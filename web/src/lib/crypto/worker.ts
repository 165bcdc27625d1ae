// The Worker's side of client.ts.

import { expose } from 'comlink';
import { carryRefusals } from './boundary.ts';
import { Machine } from './machine.ts';

carryRefusals();
expose(new Machine());
