/** What the floor's workflow, its activities and the bench share. Free of Node. */
export const floorTaskQueue = 'floor';
export const floorRequestQueue = 'floor-requests';

/** What the activities do: ask a bare route, or nothing. */
export type FloorKind = 'get' | 'nothing';

export interface FloorInput {
  readonly leadId: string;
  readonly kind: FloorKind;
}

/** An activity of the floor: the how-manieth step of which workflow. */
export interface FloorStep {
  readonly leadId: string;
  readonly step: number;
}
