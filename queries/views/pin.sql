-- title: The posts, cleaned
-- about: One row a post: sentinels and empty text are NULL, follower counts are numbers, repeats and strays are gone.
--
-- This file is yours to edit: `pin` in a query means the rows of this statement, `raw.pin` the records as they landed.
-- `landed.pin` has the columns of `raw.pin` and, beside them, where each record came from and whether it is a repeat.

with trimmed as (
    -- Blanks, tabs, line ends and the no-break space U+00A0, in which many descriptions end, are trimmed at both ends.
    -- This comes first: only a trimmed text can be compared with a sentinel or with the empty text.
    select
        "index" as ind,
        btrim(unique_id, E' \t\r\n\u00A0') as unique_id,
        btrim(title, E' \t\r\n\u00A0') as title,
        btrim(description, E' \t\r\n\u00A0') as description,
        parse_count(follower_count) as follower_count,  -- `1.2k` is 1200; NULL where it is no count
        btrim(poster_name, E' \t\r\n\u00A0') as poster_name,
        btrim(tag_list, E' \t\r\n\u00A0') as tag_list,
        btrim(is_image_or_video, E' \t\r\n\u00A0') as is_image_or_video,
        btrim(image_src, E' \t\r\n\u00A0') as image_src,
        btrim(save_location, E' \t\r\n\u00A0') as save_location,
        btrim(category, E' \t\r\n\u00A0') as category
    from landed.pin
    where "index" is not null  -- strays: a record of another topic has no `index`
        and not _repeat        -- the same record came before, in this object or in another
),
known as (
    -- What posters write where they found nothing is NULL, in whichever column it stands. A new sentinel goes into
    -- every list. `Image src error.` has a full stop; compared without it, it would never match.
    select
        ind,
        case when unique_id in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else unique_id end as unique_id,
        case when title in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else title end as title,
        case when description in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else description end as description,
        follower_count,
        case when poster_name in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else poster_name end as poster_name,
        case when tag_list in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else tag_list end as tag_list,
        case when is_image_or_video in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else is_image_or_video end as is_image_or_video,
        case when image_src in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else image_src end as image_src,
        case when save_location in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else save_location end as save_location,
        case when category in ('', 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') then null else category end as category
    from trimmed
)
select
    ind,
    unique_id,
    title,
    description,
    follower_count,
    poster_name,
    tag_list,
    is_image_or_video,
    image_src,
    -- `Local save in /data/art` says only `/data/art`; a text without a path says nothing.
    case when strpos(save_location, '/') > 0 then substr(save_location, strpos(save_location, '/')) end as save_location,
    category
from known
