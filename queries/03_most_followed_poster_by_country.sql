-- title: The poster with the most followers in each country
-- about: Every poster that ties is listed. Posts without a country, a poster or a follower count take no part.

with posters as (
    -- A poster has many posts; the followers of one poster are a maximum, never a sum over the posts.
    select place.country, post.poster_name, max(post.follower_count) as follower_count
    from pin as post
    join geo as place on place.ind = post.ind
    where place.country is not null and post.poster_name is not null and post.follower_count is not null
    group by place.country, post.poster_name
),
best as (
    select country, max(follower_count) as follower_count
    from posters
    group by country
)
select posters.country, posters.poster_name, posters.follower_count
from posters
join best on best.country = posters.country and best.follower_count = posters.follower_count
order by posters.country, posters.poster_name;
