module.exports={layout:'post.njk',permalink:d=>`/posts/${d.page.fileSlug}/`,eleventyComputed:{all:d=>d.title}};
