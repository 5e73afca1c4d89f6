/** How many signatures of a manifest are looked at: as many as the notation CLI looks at. */
export const MAX_SIGNATURES = 100;
