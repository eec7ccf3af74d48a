/** What a user reads when a verb cannot do what was asked: what was wrong, and the next step. */
export class Complaint extends Error {
  override readonly name = 'Complaint';

  constructor(wrong: string, next: string) {
    super(`${wrong}; ${next}`);
  }
}
