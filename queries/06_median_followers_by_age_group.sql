-- title: Median follower count by age group
-- about: Over posts with a follower count; exact, the mean of the middle two where their number is even.

with aged as (
    select
        case
            when person.age <= 24 then '18-24'
            when person.age <= 35 then '25-35'
            when person.age <= 50 then '36-50'
            else '50+'
        end as age_group,
        post.follower_count
    from pin as post
    join user as person on person.ind = post.ind
    where post.follower_count is not null and person.age >= 18
)
-- As DOUBLE, since the median of whole numbers need not be whole.
select age_group, median(cast(follower_count as double)) as median_follower_count
from aged
group by age_group
order by age_group;
