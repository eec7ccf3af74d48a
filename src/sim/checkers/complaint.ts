/** What a checker says when a promise was broken; the names are those of DESIGN section 3. */
export interface Complaint {
  /** L1 to L8, S… for servers, O… for sagas (operations), H… for hosts, R… for rest. */
  readonly invariant: string;
  readonly message: string;
}

export const complaint = (invariant: string, message: string): Complaint => ({
  invariant,
  message,
});
