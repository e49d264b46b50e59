"""Documents from the web: pages, sitemaps and feeds, fetched politely through the Fetcher port."""
