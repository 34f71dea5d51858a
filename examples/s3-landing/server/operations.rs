//! The operations that the server knows, each handed to the module that owns it; all others are `NotImplemented`.
//!
//! It must hold no behaviour but what concerns the bucket as such: its name, its region.

use std::sync::Arc;

use hyper::HeaderMap;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket as ListedBucket, BucketLocationConstraint,
    CompleteMultipartUploadInput, CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput, GetObjectOutput,
    HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput, ListObjectsV2Input,
    ListObjectsV2Output, ListPartsInput, ListPartsOutput, PutObjectInput, PutObjectOutput, UploadPartInput,
    UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result, s3_error};

use super::bucket::Bucket;
use super::multipart::Uploads;
use super::options::ServerOptions;
use super::wrong_region::{BUCKET_REGION, region_header};
use super::{listing, objects};

/// The implementation behind `s3s`.
pub(super) struct Operations {
    bucket: Bucket,
    options: Arc<ServerOptions>,
    uploads: Uploads,
}

/// An answer without headers of its own.
type Answer<T> = S3Result<S3Response<T>>;

impl Operations {
    pub(super) fn new(bucket: Bucket, options: Arc<ServerOptions>) -> Self {
        Self { bucket, options, uploads: Uploads::default() }
    }

    /// The bucket, if this is its name.
    fn bucket(&self, name: &str) -> S3Result<&Bucket> {
        if name == self.options.bucket_name {
            Ok(&self.bucket)
        } else {
            Err(s3_error!(NoSuchBucket, "The specified bucket does not exist"))
        }
    }

    /// An answer about the bucket, which tells its region as S3 does.
    fn with_region<T>(&self, output: T) -> S3Response<T> {
        S3Response::with_headers(output, HeaderMap::from_iter([(BUCKET_REGION, region_header(&self.options))]))
    }
}

#[async_trait::async_trait]
impl S3 for Operations {
    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> Answer<ListBucketsOutput> {
        let bucket = ListedBucket { name: Some(self.options.bucket_name.clone()), ..ListedBucket::default() };
        Ok(S3Response::new(ListBucketsOutput { buckets: Some(vec![bucket]), ..ListBucketsOutput::default() }))
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> Answer<HeadBucketOutput> {
        self.bucket(&request.input.bucket)?;
        Ok(self.with_region(HeadBucketOutput::default()))
    }

    async fn get_bucket_location(&self, request: S3Request<GetBucketLocationInput>) -> Answer<GetBucketLocationOutput> {
        self.bucket(&request.input.bucket)?;
        // The oldest region has no name here, for it was the only one.
        let region = Some(&self.options.region).filter(|region| *region != "us-east-1");
        let location_constraint = region.cloned().map(BucketLocationConstraint::from);
        Ok(S3Response::new(GetBucketLocationOutput { location_constraint }))
    }

    async fn list_objects(&self, request: S3Request<ListObjectsInput>) -> Answer<ListObjectsOutput> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(self.with_region(listing::version_1(bucket, request.input, self.options.page)?))
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> Answer<ListObjectsV2Output> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(self.with_region(listing::version_2(bucket, request.input, self.options.page)?))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> Answer<GetObjectOutput> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(objects::get(bucket, request.input, self.options.checksums).await?))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> Answer<HeadObjectOutput> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(objects::head(bucket, &request.input, self.options.checksums).await?))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> Answer<PutObjectOutput> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(objects::put(bucket, request.input).await?))
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> Answer<CopyObjectOutput> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(objects::copy(bucket, &self.options.bucket_name, request.input).await?))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> Answer<DeleteObjectOutput> {
        objects::delete(self.bucket(&request.input.bucket)?, request.input)?;
        Ok(S3Response::new(DeleteObjectOutput::default()))
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> Answer<DeleteObjectsOutput> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(objects::delete_many(bucket, request.input)))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> Answer<CreateMultipartUploadOutput> {
        self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(self.uploads.create(request.input)))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> Answer<UploadPartOutput> {
        self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(self.uploads.put_part(request.input).await?))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> Answer<CompleteMultipartUploadOutput> {
        let bucket = self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(self.uploads.complete(bucket, request.input).await?))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> Answer<AbortMultipartUploadOutput> {
        self.bucket(&request.input.bucket)?;
        self.uploads.abort(&request.input)?;
        Ok(S3Response::new(AbortMultipartUploadOutput::default()))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> Answer<ListPartsOutput> {
        self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(self.uploads.list_parts(request.input)?))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> Answer<ListMultipartUploadsOutput> {
        self.bucket(&request.input.bucket)?;
        Ok(S3Response::new(self.uploads.list(request.input)))
    }
}
