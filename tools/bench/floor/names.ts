/** Shared by the floor's workflow, its activities and the benchmark. Does not import Node. */
export const floorTaskQueue = 'floor';
export const floorRequestQueue = 'floor-requests';

/** What the activities do: request a bare route, or nothing. */
export type FloorKind = 'get' | 'nothing';

export interface FloorInput {
  readonly leadId: string;
  readonly kind: FloorKind;
}

/** An activity of the floor: its workflow and step number. */
export interface FloorStep {
  readonly leadId: string;
  readonly step: number;
}
