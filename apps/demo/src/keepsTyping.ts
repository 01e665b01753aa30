type Field = HTMLInputElement | HTMLSelectElement;

/** What is known of a field. */
interface Known {
  /** What it is to show. */
  value: string;
  /** Whether somebody is in the midst of changing it. */
  isEdited: boolean;
}

const fields = new WeakMap<Element, Known>();

/**
 * Shows a value in a field, in a `ref`: at each redraw, but while somebody types, only once that is over. Enter and leaving the field hand
 * over what it holds (`change`), Escape puts back what was there.
 */
export function keepsTyping(value: string): (element: Element | undefined) => void {
  return (element) => {
    if (!isField(element)) return;
    const known = fields.get(element) ?? watch(element, value);
    known.value = value;
    // Written only where it differs, since that moves the cursor.
    if (!known.isEdited && element.value !== value) element.value = value;
  };
}

function watch(field: Field, value: string): Known {
  const known: Known = { value, isEdited: false };
  fields.set(field, known);
  field.addEventListener('input', () => {
    known.isEdited = true;
  });
  field.addEventListener('change', () => {
    known.isEdited = false;
  });
  field.addEventListener('blur', () => {
    // A window that goes to the back leaves the field where it is.
    if (document.activeElement !== field) known.isEdited = false;
  });
  field.addEventListener('keydown', (event) => {
    if (!(event instanceof KeyboardEvent) || event.key !== 'Escape' || !known.isEdited) return;
    known.isEdited = false;
    field.value = known.value;
  });
  return known;
}

function isField(element: Element | undefined): element is Field {
  return element instanceof HTMLInputElement || element instanceof HTMLSelectElement;
}
