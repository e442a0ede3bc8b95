const countryNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' });

/** "Germany" for "DE"; null for an unknown code. */
export function countryName(code: string | null): string | null {
  return code !== null && /^[A-Za-z]{2}$/.test(code) ? (countryNames.of(code.toUpperCase()) ?? null) : null;
}

/** "California" for "CA": only US states are stored. Recorded 2023-10-29, ruby client. */
export function stateName(code: string | null): string | null {
  return code === null ? null : (states[code] ?? null);
}

/** "CA" for the documented form "US-CA" and the recorded form "CA"; null if it is not a state. */
export function stateCode(text: string): string | null {
  const code = text.toUpperCase().replace(/^US-/, '');
  return Object.hasOwn(states, code) ? code : null;
}

const states: Record<string, string> = {
  ...{ AL: 'Alabama', AK: 'Alaska', AZ: 'Arizona', AR: 'Arkansas', CA: 'California', CO: 'Colorado' },
  ...{ CT: 'Connecticut', DE: 'Delaware', DC: 'District of Columbia', FL: 'Florida', GA: 'Georgia', HI: 'Hawaii' },
  ...{ ID: 'Idaho', IL: 'Illinois', IN: 'Indiana', IA: 'Iowa', KS: 'Kansas', KY: 'Kentucky', LA: 'Louisiana' },
  ...{ ME: 'Maine', MD: 'Maryland', MA: 'Massachusetts', MI: 'Michigan', MN: 'Minnesota', MS: 'Mississippi' },
  ...{ MO: 'Missouri', MT: 'Montana', NE: 'Nebraska', NV: 'Nevada', NH: 'New Hampshire', NJ: 'New Jersey' },
  ...{ NM: 'New Mexico', NY: 'New York', NC: 'North Carolina', ND: 'North Dakota', OH: 'Ohio', OK: 'Oklahoma' },
  ...{ OR: 'Oregon', PA: 'Pennsylvania', RI: 'Rhode Island', SC: 'South Carolina', SD: 'South Dakota' },
  ...{ TN: 'Tennessee', TX: 'Texas', UT: 'Utah', VT: 'Vermont', VA: 'Virginia', WA: 'Washington' },
  ...{ WV: 'West Virginia', WI: 'Wisconsin', WY: 'Wyoming' },
};
