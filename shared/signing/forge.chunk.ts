export { default as forge } from 'node-forge';
