/** Whether the panel beside a group is open: it stays so from one group to the next. */
export const panel = $state({ open: false });
