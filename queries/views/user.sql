-- title: The users, cleaned
-- about: One row a post: the user's name, age and day of joining; repeats and strays are gone.
--
-- This file is yours to edit: `user` in a query means the rows of this statement, `raw.user` the records as they landed.
-- `landed.user` has the columns of `raw.user` and, beside them, where each record came from and whether it is a repeat.
-- One person appears under many `ind`: a person is a distinct (user_name, age, date_joined).

with trimmed as (
    select
        ind,
        btrim(first_name, E' \t\r\n\u00A0') as first_name,  -- what is trimmed: see pin.sql
        btrim(last_name, E' \t\r\n\u00A0') as last_name,
        age,
        date_joined
    from landed."user"
    where ind is not null  -- strays: a pin record has `index` in place of `ind`
        and not _repeat    -- the same record came before, in this object or in another
),
known as (
    select
        ind,
        case when first_name in ('', 'User Info Error') then null else first_name end as first_name,
        case when last_name in ('', 'User Info Error') then null else last_name end as last_name,
        age,
        date_joined
    from trimmed
)
select
    ind,
    -- With one part missing the other is the name; with both missing the name is NULL, not empty.
    nullif(concat_ws(' ', first_name, last_name), '') as user_name,
    age,
    parse_timestamp(date_joined) as date_joined  -- NULL where none of the four formats reads it
from known
