-- title: The posts, cleaned
-- about: One row a post: sentinels and empty text are NULL, follower counts are numbers, repeats and strays are gone.
--
-- This file is yours to edit: `pin` in a query means the rows of this statement, `raw.pin` the records as they landed.
-- `landed.pin` has the columns of `raw.pin` and, beside them, where each record came from and whether it is a repeat.

with known as (
    -- `clean_text` takes blanks, tabs, line ends and the no-break space U+00A0, in which many descriptions end, from both
    -- ends, and gives NULL where nothing is left. So it does where what is left is one of the texts that posters write
    -- where they found nothing, in whichever column it stands: a new one goes into every list. `Image src error.` has a
    -- full stop; compared without it, it would never match.
    select
        "index" as ind,
        clean_text(unique_id, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as unique_id,
        clean_text(title, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as title,
        clean_text(description, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as description,
        parse_count(follower_count) as follower_count,  -- `1.2k` is 1200; NULL where it is no count
        clean_text(poster_name, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as poster_name,
        clean_text(tag_list, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as tag_list,
        clean_text(is_image_or_video, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as is_image_or_video,
        clean_text(image_src, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as image_src,
        clean_text(save_location, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as save_location,
        clean_text(category, 'User Info Error', 'No Title Data Available', 'No description available Story format', 'No description available', 'Untitled', 'N,o, ,T,a,g,s, ,A,v,a,i,l,a,b,l,e', 'Image src error.') as category
    from landed.pin
    where "index" is not null  -- strays: a record of another topic has no `index`
        and not _repeat        -- the same record came before, in this object or in another
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
