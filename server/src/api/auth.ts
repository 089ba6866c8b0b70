/**
 * Who may ask. A program sends `Authorization: Bearer TOKEN`; a person types the token once into the login form and gets a cookie that
 * scripts cannot read. The cookie holds no token: it is an expiry signed with one, so it ends with the token and needs no memory here.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { SillageError } from "@sillage/model";

export interface Token {
  readonly name: string;
  readonly token: string;
}

export const SESSION_COOKIE = "sillage_session";
/** A login lasts a week. */
export const SESSION_MS = 7 * 24 * 3_600_000;

/** Compares without telling by time how much was right; digests make the lengths equal. */
function equal(a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

/** Name of the holder of a token; undefined for a wrong one. Looks at every token, whichever is right. */
export function holderOf(tokens: readonly Token[], offered: string): string | undefined {
  let holder: string | undefined;
  for (const { name, token } of tokens) if (equal(token, offered)) holder = name;
  return holder;
}

/** Value of the session cookie for the holder of a token. */
export function createSession({ name, token }: Token, nowMs: number): string {
  const claim = `${name}.${nowMs + SESSION_MS}`;
  return `${claim}.${sign(token, claim)}`;
}

function sessionHolder(tokens: readonly Token[], session: string, nowMs: number): string | undefined {
  const end = session.lastIndexOf(".");
  const claim = session.slice(0, end);
  const expiry = Number(claim.slice(claim.lastIndexOf(".") + 1));
  const name = claim.slice(0, claim.lastIndexOf("."));
  const signed = tokens.some((known) => known.name === name && equal(sign(known.token, claim), session.slice(end + 1)));
  return signed && expiry > nowMs ? name : undefined;
}

function sign(token: string, claim: string): string {
  return createHmac("sha256", token).update(`sillage session ${claim}`).digest("base64url");
}

/**
 * Who asks: the holder of the token, or undefined. Without tokens nobody needs one.
 */
export function authenticate(tokens: readonly Token[], request: IncomingMessage, nowMs: number): string | undefined {
  if (tokens.length === 0) return "anonymous";
  const bearer = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? "")?.[1];
  if (bearer !== undefined) return holderOf(tokens, bearer.trim());
  const session = cookie(request, SESSION_COOKIE);
  return session === undefined ? undefined : sessionHolder(tokens, session, nowMs);
}

function cookie(request: IncomingMessage, wanted: string): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const [name, value] = pair.trim().split("=", 2);
    if (name === wanted) return value;
  }
  return undefined;
}

export function unauthorized(request: IncomingMessage): SillageError {
  const offered = request.headers.authorization !== undefined || cookie(request, SESSION_COOKIE) !== undefined;
  return new SillageError("unauthorized", "UNAUTHORIZED", offered ? "the token is wrong or has ended" : "a token is needed", {
    hint: "send the header Authorization: Bearer TOKEN with a token of api.tokens; people log in at /login",
  });
}
