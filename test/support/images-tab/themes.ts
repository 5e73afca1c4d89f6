/** Variables of a theme of Azure DevOps, as many as tell themes apart. */
export type Theme = Readonly<Record<string, string>>;

/** The light theme. */
export const LIGHT: Theme = {
  'background-color': 'rgba(255, 255, 255, 1)',
  'text-primary-color': 'rgba(0, 0, 0, .9)',
  'text-secondary-color': 'rgba(0, 0, 0, .6)',
  'communication-foreground': 'rgba(0, 90, 158, 1)',
};

/** The dark theme. */
export const DARK: Theme = {
  'background-color': 'rgba(32, 31, 31, 1)',
  'text-primary-color': 'rgba(255, 255, 255, 1)',
  'text-secondary-color': 'rgba(255, 255, 255, .7)',
  'communication-foreground': 'rgba(108, 184, 246, 1)',
};
