/** The whole page takes a dropped file, and says so while one is held over it. */
import { type ReactNode, useEffect, useState } from 'react';

const holdsFiles = (event: DragEvent): boolean =>
  event.dataTransfer !== null && [...event.dataTransfer.types].includes('Files');

interface DropZoneProps {
  /** What the file is for, as in `capture`; null where none is taken now. */
  readonly title: string | null;
  readonly onFile: (file: File) => void;
}

export const DropZone = ({ title, onFile }: DropZoneProps): ReactNode => {
  const [over, setOver] = useState(false);
  useEffect(() => {
    // Entering a child comes before leaving its parent: the depth says when the page is left.
    let depth = 0;
    const end = (): void => {
      depth = 0;
      setOver(false);
    };
    const onEnter = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      depth++;
      setOver(true);
    };
    const onLeave = (event: DragEvent): void => {
      if (holdsFiles(event) && --depth <= 0) end();
    };
    const onOver = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      // Without this the browser would leave the page and show the file.
      event.preventDefault();
      if (event.dataTransfer !== null)
        event.dataTransfer.dropEffect = title === null ? 'none' : 'copy';
    };
    const onDrop = (event: DragEvent): void => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      end();
      const file = event.dataTransfer?.files[0];
      if (title !== null && file !== undefined) onFile(file);
    };
    addEventListener('dragenter', onEnter);
    addEventListener('dragleave', onLeave);
    addEventListener('dragover', onOver);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragenter', onEnter);
      removeEventListener('dragleave', onLeave);
      removeEventListener('dragover', onOver);
      removeEventListener('drop', onDrop);
    };
  }, [title, onFile]);
  if (!over || title === null) return null;
  return (
    <div className="drop-zone" aria-hidden="true">
      <p>
        Drop it to use it as <strong>{title}</strong>
      </p>
    </div>
  );
};
