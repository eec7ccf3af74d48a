/**
 * The first user, whose password is in clouds.yaml before the user is, so that no crash in between
 * can lose it. Of processes that start at once on one database the ledger lets one make the user;
 * the others forget the password that they drew.
 */
import { bootstrapIdentity } from '../../core/identity/bootstrap.ts';
import { projects } from '../../core/identity/rows.ts';
import type { Ledger } from '../../core/ledger/ledger.ts';
import { type Decision, done, no } from '../../core/ports/reply.ts';
import { realEntropy as entropy } from '../../real/entropy.ts';
import { realPasswords as passwords } from '../../real/passwords.ts';
import { knownPassword, writeCloudsYaml } from './clouds-yaml.ts';
import type { Auth } from './doorkeeper.ts';

/** The password, if this start made the first user. */
export async function firstUser(
  ledger: Ledger,
  cloudsYaml: string,
  { url, auth }: { readonly url: string; readonly auth: Auth },
): Promise<Decision<string | null, string>> {
  if (auth.is !== 'own') return done(null); // users are somebody else's
  const known = knownPassword(cloudsYaml);
  const fresh = (await adminProject(ledger)) === '';
  const password = known ?? (fresh ? entropy.secret(18) : null);
  writeCloudsYaml(cloudsYaml, url, password);
  const given = password === null ? {} : { password };
  const made = await bootstrapIdentity({ ledger, passwords, entropy, ...given });
  if (made.is !== 'done') return no('the first user could not be written; is the disk full?');
  if (fresh && known === null && made.value.password === null) {
    writeCloudsYaml(cloudsYaml, url, null);
  }
  return done(made.value.password);
}

/** The id of the project `admin`; '' before there is one. */
export const adminProject = (ledger: Ledger): string | Promise<string> =>
  ledger.read(
    (view) => [...view.rows(projects).values()].find(({ name }) => name === 'admin')?.id ?? '',
  );
