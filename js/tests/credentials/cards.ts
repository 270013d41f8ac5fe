// Two accounts to make others of: of a picture that says nothing, and of one that was painted here.

import type { CredentialsCard } from "../../src/protocol";

export const nothing: CredentialsCard = {
  state: "none",
  relationship: null,
  title: null,
  matched: false,
  signer: null,
  certificate: null,
  when: null,
  timestamp: null,
  software: null,
  model: null,
  made: "unknown",
  actions: [],
  prompt: null,
  problems: [],
  ingredients: [],
  repeated: false,
  unlisted: 0,
};

export const ours: CredentialsCard = {
  ...nothing,
  state: "trusted",
  signer: "pochade on this computer",
  certificate: "local",
  when: 1_700_000_000,
  software: "pochade 1.0",
  model: "miniature",
  made: "ai",
  actions: [{ kind: "c2pa.created", words: "made", agent: "pochade 1.0" }],
  prompt: "a cat",
};
