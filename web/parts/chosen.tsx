/** Why a host was chosen: what weighed for it, and by what those that came next were behind. */
import type { Explanation } from '../client.ts';
import { links } from '../links.ts';

type About = NonNullable<Explanation['chosen']>;

export const Chosen = ({ chosen }: { chosen: About }) => (
  <>
    <p class="hint">
      <strong>Chosen:</strong> <a href={links.host(chosen.host)}>{chosen.host}</a>, with{' '}
      {chosen.score.toFixed(3)} points
    </p>
    <Points points={chosen.points} />
    <Next others={chosen.runners_up} />
  </>
);

const Points = ({ points }: { points: About['points'] }) => (
  <section aria-labelledby="points">
    <h2 id="points">What weighed for it</h2>
    <table>
      <thead>
        <tr>
          <th scope="col">Weigher</th>
          <th scope="col">Weight</th>
          <th scope="col">Merit</th>
          <th scope="col">Points</th>
        </tr>
      </thead>
      <tbody>
        {points.map((one) => (
          <tr key={one.weigher}>
            <th scope="row">{one.weigher}</th>
            <td>{one.weight}</td>
            <td>{one.merit.toFixed(3)}</td>
            <td>{one.points.toFixed(3)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  </section>
);

function Next({ others }: { others: About['runners_up'] }) {
  if (others.length === 0) return null;
  return (
    <section aria-labelledby="next">
      <h2 id="next">Who came next</h2>
      <ul>
        {others.map(({ host, score, behind_by }) => (
          <li key={host}>
            <a href={links.host(host)}>{host}</a>, {score.toFixed(3)} points
            {behind_by !== null &&
              `, behind by ${behind_by.points.toFixed(3)} of ${behind_by.weigher}`}
          </li>
        ))}
      </ul>
    </section>
  );
}
