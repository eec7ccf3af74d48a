/** The way in: user and password, as they stand in the clouds.yaml that the server wrote. */
import { useState } from 'preact/hooks';
import { logIn } from '../client.ts';

export function LogIn({ entered }: { entered: () => void }) {
  const [said, setSaid] = useState<string | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.target as HTMLFormElement);
    const field = (name: string) => String(form.get(name) ?? '');
    const refusal = await logIn(field('user'), field('password'), field('project')).catch(
      () => 'The server does not answer.',
    );
    if (refusal === null) entered();
    else setSaid(refusal);
  };
  return (
    <form class="card login" onSubmit={(event) => void submit(event)}>
      <h1>Log in</h1>
      <label>
        User
        <input name="user" required autocomplete="username" defaultValue="admin" />
      </label>
      <label>
        Password
        <input name="password" type="password" required autocomplete="current-password" />
      </label>
      <label>
        Project
        <input name="project" required defaultValue="admin" />
      </label>
      <button type="submit">Log in</button>
      {said !== null && (
        <p class="fault" role="alert">
          {said}
        </p>
      )}
      <p class="legend">
        The first start wrote the administrator's password to <code>clouds.yaml</code> in the data
        directory.
      </p>
    </form>
  );
}
