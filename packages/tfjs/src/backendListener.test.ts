import { expect, test, vi } from 'vitest';
import { shareListener, wrapMethods } from './backendListener.ts';

class Backend {
  read(): string {
    return 'own';
  }
}

test('a wrapped method is in place until it is taken off, and the owner is as before', () => {
  const backend = new Backend();
  const leave = wrapMethods([{ owner: backend, name: 'read', method: () => 'wrapped' }]);
  expect(backend.read()).toBe('wrapped');
  expect(leave()).toBe(true);
  expect(backend.read()).toBe('own');
  expect(Object.keys(backend)).toEqual([]);
});

test('an own property comes back as it was', () => {
  const owner = { read: (): string => 'own' };
  const { read } = owner;
  wrapMethods([{ owner, name: 'read', method: () => 'wrapped' }])();
  expect(owner.read).toBe(read);
});

test('where somebody else has wrapped one method since, none is taken off', () => {
  const [one, other] = [new Backend(), new Backend()];
  const method = (): string => 'wrapped';
  const leave = wrapMethods([
    { owner: one, name: 'read', method },
    { owner: other, name: 'read', method },
  ]);
  other.read = () => 'later';
  expect(leave()).toBe(false);
  expect([one.read(), other.read()]).toEqual(['wrapped', 'later']);
});

test('all who ask share one listener, which leaves with the last one', () => {
  const made: { left: number; leave(): boolean }[] = [];
  const share = shareListener<object, (typeof made)[number]>('a test of leaving', () => {
    const listener = { left: 0, leave: () => (listener.left += 1) > 0 };
    made.push(listener);
    return listener;
  });
  const backend = {};
  const [first, second] = [share(backend), share(backend)];
  first.close();
  first.close();
  expect(made.map(({ left }) => left)).toEqual([0]);
  second.close();
  expect(made.map(({ left }) => left)).toEqual([1]);
  share(backend);
  share({});
  expect(made.length).toBe(3);
});

test('a listener that cannot leave is what the next one gets', () => {
  const share = shareListener<object, { leave(): boolean }>('a test of staying', () => ({
    leave: () => false,
  }));
  const backend = {};
  const { listener, close } = share(backend);
  close();
  expect(share(backend).listener).toBe(listener);
});

test('another copy of the package shares the listener of the same name, and of no other', async () => {
  vi.resetModules();
  const another = await import('./backendListener.ts');
  expect(another.shareListener).not.toBe(shareListener);
  const listen = (): { leave(): boolean } => ({ leave: () => true });
  const backend = {};
  const first = shareListener('a test of copies', listen)(backend);
  const second = another.shareListener('a test of copies', listen)(backend);
  expect(second.listener).toBe(first.listener);
  expect(another.shareListener('another test', listen)(backend).listener).not.toBe(first.listener);
  first.close();
  expect(shareListener('a test of copies', listen)(backend).listener).toBe(second.listener);
});
