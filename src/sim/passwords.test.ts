/** Goal: the simulated twin keeps the contract. Method: the contract, promise by promise. */
import test from 'node:test';
import { passwordsContract } from '../core/ports/passwords.contract.ts';
import { SimPasswords } from './passwords.ts';

for (const [promise, holds] of Object.entries(passwordsContract)) {
  test(`simulated passwords: ${promise}`, () => holds(new SimPasswords()));
}
