/** The home page: what Liquid Net is, where to start, and every tool as a trade. */
import { dimensions, resourceKinds } from '@liquid/types';
import type { ReactNode } from 'react';
import type { Catalogue, ListedScenario } from '../../src/api.ts';
import { runsHere, type Shown, shownIn } from './catalogue.ts';
import { Link } from './navigation.tsx';
import { ErrorText, Notice, sentence } from './notice.tsx';
import { scenarioPath } from './route.ts';
import { TradeView } from './trade.tsx';
import { DELIVERABLE, DIMENSIONS, resourceWord } from './words.ts';

const Start = ({ scenario }: { readonly scenario: ListedScenario }): ReactNode => (
  <aside className="start" aria-labelledby="start-title">
    <p className="eyebrow">See one work</p>
    <h2 id="start-title">{scenario.title}</h2>
    <TradeView trade={scenario.trade} />
    <p className="start-how">
      {scenario.inputs.some(({ kind }) => kind === 'file')
        ? 'Runs on a sample that is shipped, or on a file of yours.'
        : 'Runs here as it is; every input is filled in.'}
    </p>
    <Link to={scenarioPath(scenario.id)} className="button button-primary">
      Try it
      <span className="hidden">: {scenario.title}</span>
    </Link>
  </aside>
);

const ScenarioRow = ({ scenario }: { readonly scenario: ListedScenario }): ReactNode => {
  const missing = scenario.needs.filter(({ met }) => !met).map(({ name }) => name);
  return (
    <li className="tool-scenario">
      <div>
        <p className="tool-scenario-title">{scenario.title}</p>
        {missing.length === 0 ? null : (
          <p className="tool-missing">
            Needs {missing.join(', ')}: the page of the run says how to get it.
          </p>
        )}
      </div>
      <Link
        to={scenarioPath(scenario.id)}
        className={missing.length === 0 ? 'button button-primary' : 'button'}
      >
        {missing.length === 0 ? 'Run' : 'Look'}
        <span className="hidden">: {scenario.title}</span>
      </Link>
    </li>
  );
};

const ToolRow = ({ shown: { tool, scenarios } }: { readonly shown: Shown }): ReactNode => {
  const built = scenarios.length > 0;
  return (
    <li className={built ? 'tool tool-built' : 'tool'}>
      <div className="tool-what">
        <h3>{tool.name.replace(/^@liquid\//, '')}</h3>
        <p>{sentence(tool.idea)}</p>
        <p className="tool-facts">
          <abbr title={`Section ${tool.section} of ${DELIVERABLE}`}>§ {tool.section}</abbr>
          <span className={built ? 'status status-built' : 'status'}>{tool.status}</span>
        </p>
      </div>
      <TradeView trade={tool.trade} />
      {built ? (
        <ul className="tool-scenarios">
          {scenarios.map((scenario) => (
            <ScenarioRow key={scenario.id} scenario={scenario} />
          ))}
        </ul>
      ) : null}
    </li>
  );
};

const Words = (): ReactNode => (
  <details className="words">
    <summary>What the words on the chips mean</summary>
    <dl>
      {Object.entries(resourceKinds).map(([kind, meaning]) => (
        <div key={kind}>
          <dt>{resourceWord(kind as keyof typeof resourceKinds, 'spent')}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  </details>
);

export const Home = ({ catalogue }: { readonly catalogue: Catalogue }): ReactNode => {
  const first = catalogue.scenarios.find(runsHere);
  const built = catalogue.tools.filter(({ scenarios }) => scenarios.length > 0).length;
  return (
    <>
      <div className="hero">
        <div className="hero-text">
          <h1 tabIndex={-1}>Spend what is plenty, gain what is scarce.</h1>
          <p className="lead">
            A network has many resources: bandwidth, processing, storage, time on the air, another
            provider’s capacity. Liquid Net is a family of tools that trade one for another on real
            systems, and this page runs them on this machine, live, beside the figures that were
            published.
          </p>
        </div>
        {first === undefined ? null : <Start scenario={first} />}
      </div>

      {catalogue.problems.length === 0 ? null : (
        <Notice kind="warning" title="Something could not be loaded">
          {catalogue.problems.map((problem) => (
            <ErrorText key={problem.message} error={problem} />
          ))}
        </Notice>
      )}
      {catalogue.scenarios.length === 0 ? (
        <Notice kind="info" title="Nothing to run yet">
          <p>No app that shows a tool is built. The tools below say what they will do.</p>
        </Notice>
      ) : null}

      <p className="tally">
        {catalogue.tools.length} trades, {built} of them to be seen working today. The others say
        how far they are.
      </p>

      {catalogue.dimensions.map(({ name, meaning }) => (
        <section key={name} className="dimension" aria-labelledby={`dimension-${name}`}>
          <header>
            <h2 id={`dimension-${name}`}>{DIMENSIONS[name]}</h2>
            <p>{sentence(meaning === '' ? dimensions[name] : meaning)}</p>
          </header>
          <ul className="tools">
            {shownIn(catalogue, name).map((shown) => (
              <ToolRow key={shown.tool.name} shown={shown} />
            ))}
          </ul>
        </section>
      ))}
      <Words />
    </>
  );
};
