-- title: Where and when, cleaned
-- about: One row a post: its country, its coordinates and its time; repeats and strays are gone.
--
-- This file is yours to edit: `geo` in a query means the rows of this statement, `raw.geo` the records as they landed.
-- `landed.geo` has the columns of `raw.geo` and, beside them, where each record came from and whether it is a repeat.

select
    ind,
    clean_text(country) as country,  -- what is trimmed: see pin.sql
    -- The list is NULL, rather than a list of two NULLs, where nothing is known.
    case when latitude is not null or longitude is not null then make_array(latitude, longitude) end as coordinates,
    parse_timestamp("timestamp") as "timestamp"  -- NULL where none of the four formats reads it
from landed.geo
where ind is not null  -- strays: a pin record has `index` in place of `ind`
    and not _repeat    -- the same record came before, in this object or in another
