import 'uplot/dist/uPlot.min.css';
import './style.css';
import { createPage } from './page.ts';

const root = document.querySelector<HTMLElement>('#app');
if (root === null) throw new Error('The page has no element #app.');
createPage(root);
