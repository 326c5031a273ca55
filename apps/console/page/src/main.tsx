/** Where the page begins. */
import '../../look/look.css';
import './style/parts.css';
import './style/home.css';
import './style/scenario.css';
import './style/charts.css';
import './style/report.css';
// Last, for they bend what stands above: narrow screens, paper, less motion.
import './style/results.css';
import './style/base.css';
import { createRoot } from 'react-dom/client';
import { App } from './app.tsx';
import { Crash } from './crash.tsx';

const root = document.getElementById('page');
if (root !== null) {
  createRoot(root).render(
    <Crash>
      <App />
    </Crash>,
  );
}
