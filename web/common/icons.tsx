// Drawn by hand on a grid of 24; the colour is that of the text.
import type { JSX } from "preact";

type Props = { size?: number };

function icon(path: JSX.Element, { size = 20 }: Props, label?: string): JSX.Element {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round"
      stroke-linejoin="round" role={label ? "img" : undefined} aria-label={label} aria-hidden={label ? undefined : "true"}>
      {path}
    </svg>
  );
}

export const ChatIcon = (props: Props) => icon(<path d="M4 5.5h16a1.5 1.5 0 0 1 1.5 1.5v9a1.5 1.5 0 0 1-1.5 1.5h-8.5L7 21v-3.5H4A1.5 1.5 0 0 1 2.5 16V7A1.5 1.5 0 0 1 4 5.5zM7.5 10h9M7.5 13.5h5.5" />, props);
export const DownIcon = (props: Props) => icon(<path d="M6 9l6 6 6-6" />, props);
export const SendIcon = (props: Props) => icon(<path d="M5 12h13M12.5 5.5L19 12l-6.5 6.5" />, props);
export const ClockIcon = ({ label, ...props }: Props & { label: string }) => icon(<><circle cx="12" cy="12" r="8.5" /><path d="M12 7.5V12l3 2" /></>, props, label);
export const TickIcon = ({ label, ...props }: Props & { label: string }) => icon(<path d="M5 12.5l4.5 4.5L19 7.5" />, props, label);
export const TransferIcon = (props: Props) => icon(<path d="M4 8.5h15M15 4.5l4 4-4 4M20 16.5H5M9 12.5l-4 4 4 4" />, props);
export const EndIcon = (props: Props) => icon(<path d="M10 4H5.5A1.5 1.5 0 0 0 4 5.5v13A1.5 1.5 0 0 0 5.5 20H10M10 12h10M16 8l4 4-4 4" />, props);

export const BellIcon = (props: Props) => icon(<path d="M6 16.5h12l-1.5-2.5V10a4.5 4.5 0 0 0-9 0v4zM10 19.5q2 1.5 4 0" />, props);
export const AwayIcon = ({ label, ...props }: Props & { label: string }) => icon(<path d="M4 4l16 16M8.5 8.5A9 9 0 0 0 5 11M16 11.5a6.5 6.5 0 0 0-1.5-1M9 15q3-2.5 6 0M12 5.5a11 11 0 0 1 8.5 4" />, props, label);

// Faces from 1 to 5: the mouth tells.
const mouths = ["M8 16.5q4-4 8 0", "M8.5 16q3.5-2 7 0", "M8.5 15.5h7", "M8.5 14.5q3.5 2.5 7 0", "M8 14q4 5 8 0"];
export const FaceIcon = ({ score, ...props }: Props & { score: number }) => icon(
  <><circle cx="12" cy="12" r="9.25" /><path d={mouths[score - 1]!} /><path d="M9 9.5v.5M15 9.5v.5" /></>, { size: 34, ...props });
