// The edge's doorman: runs at every request, before the cache (cloudfront-js-2.0).
// It does three things and keeps no state:
//   1. refuses paths that no page of ours can have, so that tricks never reach the bucket;
//   2. sends /posts/hello to /posts/hello/, so that a page has one address;
//   3. asks the bucket for /posts/hello/index.html when a reader asks for /posts/hello/.

const LONGEST = 1000; // S3's keys end at 1,024 bytes, our prefix included

function handler(event) {
  const request = event.request;
  const uri = request.uri;

  if (uri.length > LONGEST) {
    return refuse(414, 'URI Too Long');
  }
  if (isTrick(uri)) {
    return refuse(400, 'Bad Request');
  }
  if (uri.endsWith('/')) {
    request.uri = uri + 'index.html';
    return request;
  }
  // A last segment without a dot is a page's; files under /.well-known/ have names of their own.
  if (!uri.slice(uri.lastIndexOf('/')).includes('.') && !uri.startsWith('/.well-known/')) {
    return redirect(uri + '/' + query(request.querystring));
  }
  return request;
}

// Empty segments would turn a redirect to //elsewhere/ into one to another host, and browsers
// read a backslash as a slash. What still decodes after decoding was encoded twice to hide.
function isTrick(uri) {
  let path;
  try {
    path = decodeURIComponent(uri);
  } catch (error) {
    return true; // not UTF-8, or half an escape
  }
  return (
    !path.startsWith('/') ||
    path.includes('//') ||
    /(^|\/)\.\.?(\/|$)/.test(path) ||
    /[\x00-\x1f\x7f-\x9f\\]/.test(path) ||
    /%(00|2e|2f|5c|25)/i.test(path)
  );
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

function redirect(location) {
  return {
    statusCode: 301,
    statusDescription: 'Moved Permanently',
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
