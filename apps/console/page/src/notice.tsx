/** Things that the reader should know before going on: a heading, what to do, and a way to do it. */
import type { RenderedError } from '@liquid/types';
import type { ReactNode } from 'react';

interface NoticeProps {
  readonly kind: 'info' | 'warning' | 'error';
  readonly title: string;
  readonly children?: ReactNode;
  /** Whether a screen reader says it when it appears. */
  readonly spoken?: boolean;
}

export const Notice = ({ kind, title, children, spoken }: NoticeProps): ReactNode => (
  <div className={`notice notice-${kind}`} role={spoken === true ? 'alert' : undefined}>
    <p className="notice-title">
      <span className="notice-mark" aria-hidden="true">
        {kind === 'info' ? 'i' : '!'}
      </span>
      {title}
    </p>
    {children}
  </div>
);

/** All messages of an error from the outside in, none said twice. */
const messagesOf = (error: RenderedError): ReadonlyArray<string> => {
  const said: string[] = [];
  for (let at: RenderedError | undefined = error; at !== undefined; at = at.cause) {
    const { message } = at;
    if (message !== '' && !said.some((line) => line.includes(message))) said.push(message);
  }
  return said;
};

const remedyOf = (error: RenderedError): string | undefined =>
  error.remedy ?? (error.cause === undefined ? undefined : remedyOf(error.cause));

/** Made a sentence: a capital first, a full stop last. */
export const sentence = (text: string): string => {
  const trimmed = text.trim();
  const capital = trimmed.charAt(0).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
};

/** What went wrong, and what to do about it. */
export const ErrorText = ({ error }: { readonly error: RenderedError }): ReactNode => {
  const remedy = remedyOf(error);
  return (
    <>
      {messagesOf(error).map((message) => (
        <p key={message} className="breaks">
          {sentence(message)}
        </p>
      ))}
      {remedy === undefined ? null : (
        <p className="breaks">
          <strong>What to do: </strong>
          {sentence(remedy)}
        </p>
      )}
    </>
  );
};
