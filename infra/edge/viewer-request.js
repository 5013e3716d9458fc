// The edge's doorman: runs at every request, before the cache (cloudfront-js-2.0).
// It does five things and keeps no state:
//   1. refuses paths that no page of ours can have, so that tricks never reach the bucket;
//   2. sends www.blog.example to blog.example, so that the site has one name;
//   3. sends an old address to its new one, as the key value store says (sula keeps it);
//   4. sends /posts/hello to /posts/hello/, so that a page has one address;
//   5. asks the bucket for /posts/hello/index.html when a reader asks for /posts/hello/.
import cf from 'cloudfront';

const LONGEST = 1000; // S3's keys end at 1,024 bytes, our prefix included
const NAMES = { 301: 'Moved Permanently', 302: 'Found' };
const redirects = cf.kvs();

async function handler(event) {
  const request = event.request;
  const uri = request.uri;

  if (uri.length > LONGEST) {
    return refuse(414, 'URI Too Long');
  }
  const path = decode(uri);
  if (path === null || isTrick(path)) {
    return refuse(400, 'Bad Request');
  }
  const host = request.headers.host ? request.headers.host.value : '';
  if (host.startsWith('www.')) {
    // The root may come as the default root object's name already.
    const place = uri.replace(/\/index\.html$/, '/');
    return redirect(301, 'https://' + host.slice(4) + place + query(request.querystring));
  }
  const moved = await lookUp(path);
  if (moved === '410') {
    return refuse(410, 'Gone');
  }
  if (moved) {
    return redirect(Number(moved.slice(0, 3)), moved.slice(4));
  }
  if (uri.endsWith('/')) {
    request.uri = uri + 'index.html';
    return request;
  }
  // A last segment without a dot is a page's; files under /.well-known/ have names of their own.
  if (!uri.slice(uri.lastIndexOf('/')).includes('.') && !uri.startsWith('/.well-known/')) {
    return redirect(301, uri + '/' + query(request.querystring));
  }
  return request;
}

// The path as it is meant; null where it is not UTF-8, or half an escape.
function decode(uri) {
  try {
    return decodeURIComponent(uri);
  } catch (error) {
    return null;
  }
}

// Empty segments would turn a redirect to //elsewhere/ into one to another host, and browsers
// read a backslash as a slash. What still decodes after decoding was encoded twice to hide.
function isTrick(path) {
  return (
    !path.startsWith('/') ||
    path.includes('//') ||
    /(^|\/)\.\.?(\/|$)/.test(path) ||
    /[\x00-\x1f\x7f-\x9f\\]/.test(path) ||
    /%(00|2e|2f|5c|25)/i.test(path)
  );
}

// "301 /new/", "302 https://elsewhere.example/" or "410"; '' where nothing is known, which the
// store says by throwing. sula.redirects.key_of makes the same keys.
async function lookUp(path) {
  if (path.startsWith('/theme/')) {
    return ''; // half of all requests, and never moved
  }
  try {
    return await redirects.get(path.replace(/\/index\.html$/, '/').replace(/\/$/, '') || '/');
  } catch (error) {
    return '';
  }
}

// CloudFront hands the query over in pieces, still encoded.
function query(parts) {
  const pairs = [];
  for (const name in parts) {
    const values = parts[name].multiValue || [parts[name]];
    values.forEach(function (one) {
      pairs.push(one.value === '' ? name : name + '=' + one.value);
    });
  }
  return pairs.length ? '?' + pairs.join('&') : '';
}

function redirect(statusCode, location) {
  return {
    statusCode: statusCode,
    statusDescription: NAMES[statusCode],
    headers: {
      location: { value: location },
      'cache-control': { value: 'public, max-age=3600' },
    },
  };
}

function refuse(statusCode, statusDescription) {
  return {
    statusCode: statusCode,
    statusDescription: statusDescription,
    headers: {
      'content-type': { value: 'text/plain; charset=utf-8' },
      'cache-control': { value: 'no-store' },
    },
    body: { encoding: 'text', data: statusDescription + '\n' },
  };
}
