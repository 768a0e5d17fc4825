// What web and mobile programs in JavaScript do with tsdav and ts-caldav, in lines of the Test Anything Protocol.
// Run by tests/conformance/javascript.py from a folder that has both packages: node tsdav_client.js URL USER PASSWORD

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.cwd()}/`);
const { DAVClient } = await import(pathToFileURL(require.resolve('tsdav')));
const { CalDAVClient } = require('ts-caldav');

const [url, username, password] = process.argv.slice(2);
let count = 0;

async function check(name, act) {
  count += 1;
  try {
    const value = await act();
    console.log(`ok ${count} - ${name}`);
    return value;
  } catch (error) {
    console.log(`not ok ${count} - ${name} # ${String(error.message).split('\n').join(' ')}`);
    return undefined;
  }
}

const lines = (...all) => `${all.join('\r\n')}\r\n`;
const event = (uid, summary, ...more) => lines(
  'BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', 'BEGIN:VEVENT', `UID:${uid}`, 'DTSTAMP:20260101T000000Z',
  'DTSTART:20260302T100000Z', 'DTEND:20260302T110000Z', `SUMMARY:${summary}`, ...more, 'END:VEVENT', 'END:VCALENDAR');
const card = (uid, name) => lines(
  'BEGIN:VCARD', 'VERSION:3.0', `UID:${uid}`, `FN:${name}`, `N:${name};;;;`, 'EMAIL;TYPE=INTERNET:who@example.org',
  'END:VCARD');
// tsdav trims what it reads out of XML.
const plain = (text) => text.trim().replace(/\r\n/g, '\n');
const RANGE = { start: '2026-03-01T00:00:00Z', end: '2026-04-01T00:00:00Z' };

async function calendars() {
  const client = new DAVClient({
    serverUrl: url, credentials: { username, password }, authMethod: 'Basic', defaultAccountType: 'caldav' });
  await check('tsdav: the account is found from the address alone', () => client.login());
  await check('tsdav: a wrong password is refused', async () => {
    const other = new DAVClient({
      serverUrl: url, credentials: { username, password: 'wrong' }, authMethod: 'Basic', defaultAccountType: 'caldav' });
    await assert.rejects(other.login());
  });
  await check('tsdav: the user has addresses', async () => {
    const found = await client.fetchCalendarUserAddresses({ account: client.account });
    assert.ok(found.some((each) => each === 'mailto:alice@example.org'), String(found));
  });
  const home = client.account.homeUrl;
  await check('tsdav: MKCALENDAR', () => client.makeCalendar({ url: `${home}js/`, props: { displayname: 'Grün & blau' } }));
  const calendar = await check('tsdav: the calendar is listed with its name and its kinds', async () => {
    const found = (await client.fetchCalendars()).find((each) => each.url.endsWith('/js/'));
    assert.equal(found.displayName, 'Grün & blau');
    assert.ok(found.components.includes('VEVENT'));
    assert.ok(found.syncToken && found.ctag);
    return found;
  });
  await check('tsdav: the reports are listed', async () => {
    const found = await client.supportedReportSet({ collection: calendar });
    assert.ok(found.includes('calendarQuery') && found.includes('syncCollection'), String(found));
  });
  await check('tsdav: an event is created', async () => {
    const answer = await client.createCalendarObject({ calendar, filename: 'one.ics', iCalString: event('one', 'First') });
    assert.equal(answer.status, 201);
    assert.ok(answer.headers.get('etag'));
  });
  await check('tsdav: a second one of the name is refused', async () => {
    const answer = await client.createCalendarObject({ calendar, filename: 'one.ics', iCalString: event('two', 'Other') });
    assert.equal(answer.status, 412);
  });
  await check('tsdav: a changed collection is dirty', async () => {
    assert.equal((await client.isCollectionDirty({ collection: calendar })).isDirty, true);
  });
  const one = await check('tsdav: the event comes back as it was sent', async () => {
    const found = await client.fetchCalendarObjects({ calendar });
    assert.equal(found.length, 1);
    assert.equal(plain(found[0].data), plain(event('one', 'First')));
    return found[0];
  });
  await check('tsdav: it is updated', async () => {
    const answer = await client.updateCalendarObject({ calendarObject: { ...one, data: event('one', 'Second') } });
    assert.equal(answer.status, 204);
  });
  await check('tsdav: an update on top of a stale ETag is refused', async () => {
    const answer = await client.updateCalendarObject({ calendarObject: { ...one, data: event('one', 'Third') } });
    assert.equal(answer.status, 412);
  });
  await check('tsdav: a deletion with a stale ETag is refused', async () => {
    assert.equal((await client.deleteCalendarObject({ calendarObject: one })).status, 412);
  });
  await check('tsdav: a series is created', async () => {
    const iCalString = event('series', 'Daily', 'RRULE:FREQ=DAILY;COUNT=5');
    assert.equal((await client.createCalendarObject({ calendar, filename: 'series.ics', iCalString })).status, 201);
  });
  await check('tsdav: a time range', async () => {
    assert.equal((await client.fetchCalendarObjects({ calendar, timeRange: RANGE })).length, 2);
    const timeRange = { start: '2026-03-05T00:00:00Z', end: '2026-03-06T00:00:00Z' };
    const [found, ...others] = await client.fetchCalendarObjects({ calendar, timeRange });
    assert.deepEqual(others, []);
    assert.match(found.data, /UID:series/);
  });
  await check('tsdav: expand', async () => {
    const found = await client.fetchCalendarObjects({ calendar, timeRange: RANGE, expand: true });
    const series = found.find((each) => each.data.includes('UID:series'));
    assert.equal(series.data.match(/BEGIN:VEVENT/g).length, 5);
    assert.doesNotMatch(series.data, /RRULE/);
  });
  await check('tsdav: multiget by address', async () => {
    const objectUrls = [`${calendar.url}series.ics`];
    const found = await client.fetchCalendarObjects({ calendar, objectUrls });
    assert.equal(found.length, 1);
  });
  await check('tsdav: sync-collection', async () => {
    const first = await client.syncCollection({ url: calendar.url, props: { 'd:getetag': {} }, syncLevel: 1 });
    assert.equal(first.filter((each) => each.href.endsWith('.ics')).length, 2);
    const syncToken = first[0].raw.multistatus.syncToken;
    await client.createCalendarObject({ calendar, filename: 'new.ics', iCalString: event('new', 'New') });
    const next = await client.syncCollection({ url: calendar.url, props: { 'd:getetag': {} }, syncLevel: 1, syncToken });
    assert.deepEqual(next.filter((each) => each.href).map((each) => each.href.split('/').pop()), ['new.ics']);
  });
  await check('tsdav: what changed since is told apart', async () => {
    const { created, updated, deleted } = await client.smartCollectionSync({
      collection: { ...calendar, objects: [{ ...one }], objectMultiGet: (query) => client.calendarMultiGet(query) },
      method: 'webdav', detailedResult: true }).then((found) => found.objects);
    assert.deepEqual([created.length, updated.length, deleted.length], [2, 1, 0]);
  });
  await check('tsdav: free-busy', async () => {
    const answer = await client.freeBusyQuery({ url: calendar.url, timeRange: RANGE });
    assert.ok(answer.ok, JSON.stringify(answer));
  });
  await check('tsdav: an event is deleted', async () => {
    const [found] = await client.fetchCalendarObjects({ calendar, objectUrls: [`${calendar.url}new.ics`] });
    assert.equal((await client.deleteCalendarObject({ calendarObject: found })).status, 204);
    assert.equal((await client.fetchCalendarObjects({ calendar })).length, 2);
  });
  await check('tsdav: the calendar is deleted', async () => {
    await client.deleteObject({ url: calendar.url });
    assert.ok((await client.fetchCalendars()).every((each) => !each.url.endsWith('/js/')));
  });
}

async function contacts() {
  const client = new DAVClient({
    serverUrl: url, credentials: { username, password }, authMethod: 'Basic', defaultAccountType: 'carddav' });
  await check('tsdav: the address book account is found from the address alone', () => client.login());
  const home = client.account?.homeUrl;
  await check('tsdav: extended MKCOL', () => client.makeCollection({
    url: `${home}cards/`,
    props: { resourcetype: { 'd:collection': {}, 'card:addressbook': {} }, displayname: 'Leute' } }));
  const addressBook = await check('tsdav: the address book is listed', async () => {
    const found = (await client.fetchAddressBooks()).find((each) => each.url.endsWith('/cards/'));
    assert.equal(found.displayName, 'Leute');
    return found;
  });
  await check('tsdav: contacts are created', async () => {
    for (const [uid, name] of [['ada', 'Ada'], ['bob', 'Bob']]) {
      const answer = await client.createVCard({ addressBook, filename: `${uid}.vcf`, vCardString: card(uid, name) });
      assert.equal(answer.status, 201);
    }
  });
  const cards = await check('tsdav: they come back as they were sent', async () => {
    const found = await client.fetchVCards({ addressBook });
    assert.equal(found.length, 2);
    const ada = found.find((each) => each.url.endsWith('ada.vcf'));
    assert.equal(plain(ada.data), plain(card('ada', 'Ada')));
    return found;
  });
  await check('tsdav: addressbook-query', async () => {
    const found = await client.addressBookQuery({
      url: addressBook.url, depth: '1', props: { 'd:getetag': {}, 'card:address-data': {} },
      filters: { 'card:prop-filter': { _attributes: { name: 'FN' }, 'card:text-match': { _text: 'ad' } } } });
    assert.deepEqual(found.map((each) => each.href.split('/').pop()), ['ada.vcf']);
  });
  await check('tsdav: a contact is updated, but not on top of a stale ETag', async () => {
    const vCard = { ...cards.find((each) => each.url.endsWith('bob.vcf')), data: card('bob', 'Robert') };
    assert.equal((await client.updateVCard({ vCard })).status, 204);
    assert.equal((await client.updateVCard({ vCard })).status, 412);
  });
  await check('tsdav: a contact is deleted', async () => {
    const vCard = cards.find((each) => each.url.endsWith('ada.vcf'));
    assert.equal((await client.deleteVCard({ vCard })).status, 204);
    assert.equal((await client.fetchVCards({ addressBook })).length, 1);
  });
}

async function tsCaldav() {
  // It puts the path of its base before every absolute path that a server names: only an origin can be its base.
  const options = { baseUrl: new URL(url).origin, auth: { type: 'basic', username, password } };
  const client = await check('ts-caldav: the home is found', () => CalDAVClient.create(options));
  await check('ts-caldav: a wrong password is refused', () => assert.rejects(
    CalDAVClient.create({ ...options, auth: { ...options.auth, password: 'wrong' } })));
  const calendar = await check('ts-caldav: the calendars are listed', async () => {
    const [found] = await client.getCalendars();
    assert.equal(found.displayName, 'Calendar');
    assert.ok(found.supportedComponents.includes('VTODO'));
    return found;
  });
  const start = new Date('2026-03-02T10:00:00Z');
  const end = new Date('2026-03-02T11:00:00Z');
  const before = await check('ts-caldav: an event is created', async () => {
    const ctag = await client.getCtag(calendar.url);
    const recurrenceRule = { freq: 'WEEKLY', count: 3 };
    const made = await client.createEvent(calendar.url, { summary: 'Made by ts-caldav', start, end, recurrenceRule });
    assert.notEqual(made.newCtag, ctag);
    return { ctag, made };
  });
  await check('ts-caldav: it is listed in its week', async () => {
    const options = { start: new Date('2026-03-09T00:00:00Z'), end: new Date('2026-03-10T00:00:00Z') };
    const [found] = await client.getEvents(calendar.url, options);
    assert.equal(found.summary, 'Made by ts-caldav');
    assert.equal(found.recurrenceRule.freq, 'WEEKLY');
  });
  await check('ts-caldav: it is updated', async () => {
    const [found] = await client.getEvents(calendar.url, { all: true });
    await client.updateEvent(calendar.url, { ...found, summary: 'Edited' });
    const [edited] = await client.getEvents(calendar.url, { all: true });
    assert.equal(edited.summary, 'Edited');
  });
  await check('ts-caldav: what changed is found', async () => {
    const found = await client.syncChanges(calendar.url, before.ctag, []);
    assert.deepEqual([found.changed, found.newEvents.length], [true, 1]);
  });
  await check('ts-caldav: a task', async () => {
    const made = await client.createTodo(calendar.url, { summary: 'Paint', due: end });
    const [found] = await client.getTodos(calendar.url, { all: true });
    assert.equal(found.summary, 'Paint');
    await client.deleteTodo(calendar.url, made.uid);
    assert.deepEqual(await client.getTodos(calendar.url, { all: true }), []);
  });
  await check('ts-caldav: it is deleted', async () => {
    await client.deleteEvent(calendar.url, before.made.uid);
    assert.deepEqual(await client.getEvents(calendar.url, { all: true }), []);
  });
}

await calendars();
await contacts();
await tsCaldav();
console.log(`1..${count}`);
